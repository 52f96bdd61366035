//! DANE, MTA-STS, TLSRPT and REQUIRETLS: facts for the hooks. Their rooms; none is furnished yet.
