#!/usr/bin/python3
"""Other implementations of SPF, DKIM, ARC and DMARC, for the tests: pyspf, dkimpy and authheaders.

Reads one JSON object from standard input, and writes one to standard output. Octets of messages are characters
of Latin-1. All names are looked up at the name server on loopback whose port is given; no other network is used.

  {"port": 5353, "make": [{"kind": "dkim" | "arc", ...}]}   -> [fields to be put before the message]
  {"port": 5353, "judge": [{"message": ..., "spf": ...}]}    -> [{"dkim": [true], "spf": "pass", ...}]
"""

import base64
import json
import sys

import authheaders
import dkim
import dns.resolver
import spf


def use(port):
    """All three libraries ask the default resolver of dnspython."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = port
    resolver.lifetime = 5
    dns.resolver.default_resolver = resolver


def organizational_domain(domain):
    """`.example` is on no list of public suffixes: without this, all of it would be one organization."""
    return ".".join(domain.split(".")[-2:])


authheaders.get_org_domain = authheaders.dmarc_lookup.get_org_domain = organizational_domain


def private_key(pem):
    """dkimpy takes PKCS #1 for RSA and the bare seed for Ed25519; these are PKCS #8 as the tests make it."""
    der = base64.b64decode("".join(line for line in pem.splitlines() if "-----" not in line))
    if len(der) < 200:
        return b"ed25519-sha256", base64.b64encode(der[16:48])
    text = base64.encodebytes(der[26:]).decode()
    return b"rsa-sha256", f"-----BEGIN RSA PRIVATE KEY-----\n{text}-----END RSA PRIVATE KEY-----\n".encode()


class WithTags(dkim.DKIM):
    """A signer that adds tags, which dkimpy itself does not."""

    tags = []

    def gen_header(self, fields, *arguments, **named):
        return super().gen_header(fields[:-1] + self.tags + fields[-1:], *arguments, **named)


def sign(case, message):
    algorithm, key = private_key(case["key"])
    signer = WithTags(message)
    signer.tags = [(name.encode(), value.encode()) for name, value in case.get("tags", {}).items()]
    field = signer.sign(
        case["selector"].encode(),
        case["domain"].encode(),
        key,
        signature_algorithm=case["algorithm"].encode() if "algorithm" in case else algorithm,
        canonicalize=tuple(word.encode() for word in case.get("canonicalization", ["relaxed", "relaxed"])),
        include_headers=[name.encode() for name in case["headers"]] if "headers" in case else None,
        length=case.get("length", False),
    )
    return field


def chain(message):
    verdict = dkim.arc_verify(message)[0]
    return verdict.decode() if verdict else "none"


def seal(case, message):
    """A hop: the results of before are written for dkimpy, and are in the seal alone."""
    verdict = chain(message)
    field = f"Authentication-Results: {case['domain']}; arc={verdict}\r\n".encode()
    _, key = private_key(case["key"])
    fields = dkim.arc_sign(
        field + message,
        case["selector"].encode(),
        case["domain"].encode(),
        key,
        case["domain"].encode(),
        include_headers=[b"from", b"to", b"subject", b"date"],
    )
    return b"".join(fields)


def make(case):
    message = case["message"].encode("latin-1")
    return (seal if case["kind"] == "arc" else sign)(case, message).decode("latin-1")


def signatures(message):
    number = sum(1 for name, _ in dkim.DKIM(message).headers if name.lower() == b"dkim-signature")
    verdicts = []
    for index in range(number):
        try:
            verdicts.append(bool(dkim.DKIM(message).verify(index)))
        except Exception:  # Whatever it says: it does not hold.
            verdicts.append(False)
    return verdicts


def judge(case):
    message = case["message"].encode("latin-1")
    found = {}
    if case["kind"] == "spf":
        found["spf"] = spf.check2(case["client"], case["sender"], case["ehlo"])[0]
    if case["kind"] == "dkim":
        found["dkim"] = signatures(message)
    if case["kind"] == "arc":
        found["arc"] = chain(message)
    if case["kind"] == "dmarc":
        of_spf = authheaders.check_spf(case["client"], case["sender"], case["ehlo"])
        of_dkim = authheaders.check_dkim(message)
        try:
            of_dmarc = authheaders.check_dmarc(message, of_spf, of_dkim)
            found["dmarc"] = of_dmarc.result
            found["policy"] = getattr(of_dmarc, "policy", None) or "none"
        except UnboundLocalError:  # It has no word for a message without author.
            found["dmarc"] = found["policy"] = "none"
    return found


def main():
    asked = json.load(sys.stdin)
    use(asked["port"])
    if "make" in asked:
        answer = [make(case) for case in asked["make"]]
    else:
        answer = [judge(case) for case in asked["judge"]]
    json.dump(answer, sys.stdout)


main()
