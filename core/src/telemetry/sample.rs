//! Which traces are kept.

/// Keeps a share of all traces: always the same ones, so that all parts of a trace are kept or none.
///
/// It looks at the last 56 bits of a trace's id, as W3C Trace Context level 2 has it: they are random, also
/// in a message's id (RFC 9562 section 5.7).
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    below: u64,
}

/// So many ids there are.
const ALL: u64 = 1 << 56;

impl Sample {
    /// This share, from 0 for none to 1 for all.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of 2^56 is none below 0 nor above it, and no bit of it matters"
    )]
    pub(super) fn new(share: f64) -> Self {
        Self { below: (share.clamp(0.0, 1.0) * ALL as f64) as u64 }
    }

    /// Whether the trace of this id is kept.
    pub(super) fn keeps(self, trace: [u8; 16]) -> bool {
        let [.., a, b, c, d, e, f, g] = trace;
        u64::from_be_bytes([0, a, b, c, d, e, f, g]) < self.below
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn about_the_share_is_kept() {
        let kept = |share| {
            let sample = Sample::new(share);
            (0..4000).filter(|_| sample.keeps(Uuid::now_v7().into_bytes())).count()
        };
        assert_eq!((kept(0.0), kept(1.0)), (0, 4000));
        // Seven standard deviations of a fair coin.
        assert!((1780..2220).contains(&kept(0.5)), "{}", kept(0.5));
    }
}
