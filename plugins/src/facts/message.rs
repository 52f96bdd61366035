//! A message that has come to its end, before it is accepted.

use super::facts;

facts! {
    /// A message whose last octet has come, before it is accepted. What is costly to find out is found out
    /// only where a script or plugin reads it, once for all of them. The log has nothing of its headers and
    /// texts.
    pub struct Message as "message" {
        /// The reverse-path; empty for the null sender.
        sender: Text,
        /// The domain of the reverse-path; empty for the null sender and for address literals.
        sender_domain: Text,
        /// The recipients, as earlier filters left them.
        recipients: Texts,
        /// The size in octets, header section included.
        size: Number,
        /// What earlier filters have tagged it with.
        tags: Fields,
        /// The header fields in their order, unfolded and decoded (RFC 2047).
        (unlogged) headers: Fields,
        /// The subject, decoded.
        (unlogged) subject: Text,
        /// The author's address: the first of the first From field.
        from: Text,
        /// The author's domain, a lower-case A-label.
        from_domain: Text,
        /// The Message-ID, without its angle brackets.
        message_id: Text,
        /// What there is to read: its text parts, decoded, at most 256 KiB.
        (unlogged) text: Text,
        /// Its MIME parts in their order, multiparts left out.
        (unlogged) parts: Parts,
        /// Whether it has more parts than `parts` lists: beyond 1000, more than 100 deep, or behind header fields that are
        /// too long to be read. Where filters read of its parts, and none reads this, such a message is refused.
        more_parts: Flag,
        /// The file names of its attachments.
        attachments: Texts,
        /// The media types of its attachments, as declared, and as their first octets show where they
        /// differ.
        attachment_types: Texts,
        /// The links in its texts, at most 1000.
        (unlogged) urls: Texts,
        /// Everything behind the header section, to be read piece by piece.
        body: Body,
        /// What SPF (RFC 7208) says of client and sender: `pass`, `fail`, `softfail`, `neutral`, `none`,
        /// `temperror` or `permerror`.
        spf: Text,
        /// The best result of the DKIM signatures (RFC 6376): `pass`, `fail`, `policy`, `neutral`, `none`, `temperror`
        /// or `permerror`.
        dkim: Text,
        /// The domains of the signatures that pass.
        dkim_domains: Texts,
        /// What DMARC (RFC 9989) says of the author: `pass`, `fail`, `none`, `temperror` or `permerror`.
        dmarc: Text,
        /// What the author's domain asks for where DMARC fails: `none`, `quarantine` or `reject`; empty without
        /// a record.
        dmarc_policy: Text,
        /// What ARC (RFC 8617) says of the way so far: `pass`, `fail` or `none`.
        arc: Text,
        /// The domain of the last ARC seal.
        arc_domain: Text,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use super::super::Body;
    use super::*;

    #[test]
    fn what_is_logged_is_written_alike_and_keeps_nothing_else() {
        let content = Arc::new(Bytes::from_static(b"a body"));
        let message = Message {
            sender: "a@b.example".to_owned(),
            subject: "secret".to_owned(),
            text: "a body".to_owned(),
            urls: vec!["https://b.example".to_owned()],
            body: Arc::new(Body::new(content.clone(), 0)),
            ..Message::default()
        };
        let logged = message.logged();
        let written = |message: &Message| serde_json::to_string(message).unwrap();
        assert_eq!(written(&logged), written(&message));
        assert!(logged.subject.is_empty() && logged.text.is_empty() && logged.urls.is_empty());
        drop(message);
        assert_eq!(Arc::strong_count(&content), 1);
    }
}
