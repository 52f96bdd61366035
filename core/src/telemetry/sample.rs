//! Which traces are kept.

/// Keeps a share of all traces: always the same ones, so that all parts of a trace are kept or none.
///
/// It looks at the last 32 bits of a trace's id. Those of messages' ids are random for each, while what stands
/// before them is counted on from the last one in the same millisecond (RFC 9562 section 6.2).
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    below: u64,
}

impl Sample {
    /// This share, from 0 for none to 1 for all.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of 2^32 is neither below 0 nor above it"
    )]
    pub(super) fn new(share: f64) -> Self {
        Self { below: (share.clamp(0.0, 1.0) * 2_f64.powi(32)) as u64 }
    }

    /// Whether the trace of this id is kept.
    pub(super) fn keeps(self, trace: [u8; 16]) -> bool {
        let [.., a, b, c, d] = trace;
        u64::from(u32::from_be_bytes([a, b, c, d])) < self.below
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
        // Messages that come at once are told apart, too. Seven standard deviations of a fair coin.
        assert!((1780..2220).contains(&kept(0.5)), "{}", kept(0.5));
    }
}
