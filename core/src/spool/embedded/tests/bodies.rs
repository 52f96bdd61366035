//! Bodies, small and large.

use std::os::unix::fs::FileExt;

use super::*;

#[tokio::test]
async fn bodies_of_every_size_come_back_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let limit = super::super::body::SMALL;
    for (octets, in_file) in
        [(0, false), (1, false), (65_536, false), (limit, false), (limit + 1, true), (1_000_000, true)]
    {
        for chunk in [999, 70_000, 600_000] {
            let (envelope, content) = (envelope(), content(octets));
            let body = write(&spool, &content, chunk).await.unwrap();
            assert_eq!(matches!(body, Body::File(_)), in_file, "{octets} octets in chunks of {chunk}");
            spool.commit(envelope.clone(), recipients(&["bob@one.example"]), body).await.unwrap();
            assert!(
                read(&spool, envelope.id).await.unwrap() == content,
                "{octets} octets in chunks of {chunk}"
            );
        }
    }
}

#[tokio::test]
async fn the_file_goes_with_the_last_recipient() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let body = write(&spool, &content(400_000), 50_000).await.unwrap();
    let addresses = recipients(&["bob@one.example", "carol@two.example"]);
    spool.commit(envelope(), addresses, body).await.unwrap();
    let leases = leased(&spool, 2).await;
    spool.settle(settlement(&leases[0], &Outcome::Delivered)).await.unwrap();
    assert_eq!(files(folder.path()).len(), 1);
    spool.settle(settlement(&leases[1], &Outcome::Delivered)).await.unwrap();
    assert_eq!(files(folder.path()), Vec::<String>::new());
}

#[tokio::test]
async fn a_body_without_a_message_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let mut unfinished = spool.begin().await.unwrap();
    unfinished.write(content(400_000).into()).await.unwrap();
    let finished = write(&spool, &content(400_000), 50_000).await.unwrap();
    assert_eq!(files(folder.path()).len(), 2);
    drop(unfinished);
    drop(finished);
    assert_eq!(files(folder.path()), Vec::<String>::new());
}

#[tokio::test]
async fn a_body_in_whose_place_another_is_written_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let first = write(&spool, &content(400_000), 50_000).await.unwrap();
    let second = write(&spool, &content(500_000), 50_000).await.unwrap();
    assert_eq!(files(folder.path()).len(), 2);
    let looked_at = first.content();
    drop(first);
    assert_eq!(files(folder.path()).len(), 1, "though somebody still looks at it");
    spool.commit(envelope(), recipients(&["bob@one.example"]), second).await.unwrap();
    drop(looked_at);
    assert_eq!(files(folder.path()).len(), 1);
}

#[tokio::test]
async fn a_start_removes_what_no_message_names() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let (kept, big) = (envelope(), content(300_000));
    let body = write(&spool, &big, 10_000).await.unwrap();
    spool.commit(kept.clone(), recipients(&["bob@one.example"]), body).await.unwrap();
    std::fs::write(folder.path().join("big/orphan.body"), "cut off").unwrap();
    spool.shutdown().await;

    let spool = open(folder.path());
    assert_eq!(files(folder.path()).len(), 1);
    assert!(read(&spool, kept.id).await.unwrap() == big);
}

#[tokio::test]
async fn a_damaged_large_body_is_an_error_before_its_end() {
    for damage in [flip_last_octet, cut_last_octet] {
        let folder = tempfile::tempdir().unwrap();
        let spool = open(folder.path());
        let (envelope, big) = (envelope(), content(300_000));
        let body = write(&spool, &big, 10_000).await.unwrap();
        spool.commit(envelope.clone(), recipients(&["bob@one.example"]), body).await.unwrap();
        damage(&folder.path().join("big").join(&files(folder.path())[0]));

        let mut reader = spool.open_body(&BodyRef::of(envelope.id)).await.unwrap();
        let mut octets = 0;
        let error = loop {
            match reader.read().await {
                Ok(chunk) => octets += chunk.len(),
                Err(error) => break error,
            }
        };
        assert!(octets < 299_999, "the last chunk was given away");
        assert!(error.to_string().contains("damaged"), "{error}");
        assert_eq!(spool.health(), crate::spool::Health::Good, "one bad body does not stop the rest");
    }
}

#[tokio::test]
async fn what_comes_in_alone_is_in_the_tables_and_goes_with_its_last_recipient() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let envelope = enqueue(&spool, &["bob@one.example", "carol@two.example"]).await;
    assert!(segments(folder.path()).is_empty());
    let octets = || -> Vec<Vec<u8>> {
        let other = rusqlite::Connection::open(folder.path().join("queue.sqlite")).unwrap();
        let mut content = other.prepare("SELECT octets FROM content").unwrap();
        content.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(octets(), [b"hello"]);
    for lease in lease_within(&spool, 10, 10).await.unwrap() {
        assert_eq!(spool.open_body(&lease.body).await.unwrap().read().await.unwrap(), "hello");
        assert_eq!(read(&spool, envelope.id).await.unwrap(), b"hello", "from the tables, too");
        spool.settle(settlement(&lease, &Outcome::Delivered)).await.unwrap();
    }
    assert!(octets().is_empty());
    spool.shutdown().await;
}

#[tokio::test]
async fn a_damaged_body_in_the_tables_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path());
    let [one, other] = [enqueue(&spool, &["b@c.example"]).await, enqueue(&spool, &["b@c.example"]).await];
    spool.shutdown().await;
    let tool = rusqlite::Connection::open(folder.path().join("queue.sqlite")).unwrap();
    tool.execute("UPDATE content SET octets = x'6a656c6c6f' WHERE message = ?1", [one.id.into_bytes()])
        .unwrap();
    tool.execute("DELETE FROM content WHERE message = ?1", [other.id.into_bytes()]).unwrap();
    drop(tool);
    let spool = open(folder.path());
    for damaged in [one, other] {
        let read_back = read(&spool, damaged.id).await;
        assert!(matches!(read_back, Err(SpoolError::Damaged(_))), "{read_back:?}");
    }
    assert_eq!(spool.health(), crate::spool::Health::Good, "a bad body does not stop the rest");
}

#[tokio::test]
async fn a_damaged_small_body_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { in_tables: 0, ..Options::default() };
    let spool = Embedded::open_with(folder.path(), options).unwrap();
    let envelope = enqueue(&spool, &["bob@one.example"]).await;
    let other = enqueue(&spool, &["carol@two.example"]).await;
    let segment = segments(folder.path()).remove(0);
    let whole = std::fs::read(&segment).unwrap();
    let record = whole.len() / 2;
    for at in 0..record {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        std::fs::write(&segment, damaged).unwrap();
        let read_back = read(&spool, envelope.id).await;
        match at {
            // The lengths and checksums that count are those of the index.
            0..8 => assert_eq!(read_back.unwrap(), b"hello"),
            _ => assert!(matches!(read_back, Err(SpoolError::Damaged(_))), "octet {at}: {read_back:?}"),
        }
        assert_eq!(read(&spool, other.id).await.unwrap(), b"hello");
    }
    assert_eq!(spool.health(), crate::spool::Health::Good, "one bad body does not stop the rest");
}

fn flip_last_octet(file: &Path) {
    let file = std::fs::OpenOptions::new().read(true).write(true).open(file).unwrap();
    let last = file.metadata().unwrap().len() - 1;
    let mut octet = [0];
    file.read_exact_at(&mut octet, last).unwrap();
    file.write_all_at(&[octet[0] ^ 1], last).unwrap();
}

fn cut_last_octet(file: &Path) {
    let file = std::fs::OpenOptions::new().write(true).open(file).unwrap();
    file.set_len(file.metadata().unwrap().len() - 1).unwrap();
}
