//! DANE, MTA-STS, TLSRPT and REQUIRETLS: facts for the hooks. Their rooms; none is furnished yet.
//!
//! Nothing is looked up, so the facts `host.dane` and `host.mta_sts` are always `unknown`: never
//! `none`, which would say that a domain has no such policy. What looks them up belongs here: it is
//! asked by `outgoing/hosts` before the first connection (with DNSSEC a lookup that fails rules the
//! host out), and `outgoing/facts` writes what it found where it says `unknown` today. What they
//! demand comes to hold as a floor at the offer, by filters in `policies/filters`.
