//! What both sides can do: offered by us, chosen by the milter.
//!
//! The numbers are those of libmilter's `mfdef.h` and `mfapi.h`.

use bitflags::bitflags;

use super::command::Event;

/// The newest version of the protocol.
pub const VERSION: u32 = 6;

/// The oldest that anybody still speaks.
pub const OLDEST: u32 = 2;

/// Bits that belong to libmilter, and mean nothing to the other side.
const INTERNAL: u32 = 0x7000_0000;

bitflags! {
    /// How a milter may change a message (`SMFIF_..`).
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Actions: u32 {
        const ADD_HEADERS = 0x001;
        const REPLACE_BODY = 0x002;
        const ADD_RECIPIENTS = 0x004;
        const REMOVE_RECIPIENTS = 0x008;
        const CHANGE_HEADERS = 0x010;
        const QUARANTINE = 0x020;
        const CHANGE_SENDER = 0x040;
        /// With ESMTP parameters.
        const ADD_RECIPIENTS_WITH_PARAMETERS = 0x080;
        /// It may choose the macros.
        const CHOOSE_MACROS = 0x100;
    }
}

bitflags! {
    /// What a milter need not be told (`SMFIP_NO..`), and what it does not answer (`SMFIP_NR_..`).
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Protocol: u32 {
        const NO_CONNECT = 0x00_0001;
        const NO_HELO = 0x00_0002;
        const NO_MAIL = 0x00_0004;
        const NO_RCPT = 0x00_0008;
        const NO_BODY = 0x00_0010;
        const NO_HEADERS = 0x00_0020;
        const NO_END_OF_HEADERS = 0x00_0040;
        const SILENT_HEADER = 0x00_0080;
        const NO_UNKNOWN = 0x00_0100;
        const NO_DATA = 0x00_0200;
        /// It may ask for the rest of the body to be left out.
        const SKIP = 0x00_0400;
        /// It hears of recipients that were refused, too.
        const REJECTED_RECIPIENTS = 0x00_0800;
        const SILENT_CONNECT = 0x00_1000;
        const SILENT_HELO = 0x00_2000;
        const SILENT_MAIL = 0x00_4000;
        const SILENT_RCPT = 0x00_8000;
        const SILENT_DATA = 0x01_0000;
        const SILENT_UNKNOWN = 0x02_0000;
        const SILENT_END_OF_HEADERS = 0x04_0000;
        const SILENT_BODY = 0x08_0000;
        /// The values of header fields have the space behind the colon, in both directions.
        const LEADING_SPACE = 0x10_0000;
    }
}

/// What we can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) version: u32,
    pub(super) actions: Actions,
    pub(super) protocol: Protocol,
}

/// What a milter answers to it, unchecked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) version: u32,
    pub(super) actions: u32,
    pub(super) protocol: u32,
    /// The macros it wants, by the number of their stage.
    pub(super) macros: Vec<(u32, String)>,
}

/// What both agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Agreement {
    pub(super) version: u32,
    pub(super) actions: Actions,
    pub(super) protocol: Protocol,
    /// The macros that the milter wants, by the number of their stage; where a stage is missing, the
    /// usual ones.
    pub(super) macros: Vec<(u32, String)>,
}

/// Why there is no agreement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Disagreement {
    /// Another version.
    #[error("it speaks version {theirs} of the protocol, and was offered {ours}")]
    Version {
        /// What it answered.
        theirs: u32,
        /// What it was offered.
        ours: u32,
    },
    /// It wants to do what nobody knows.
    #[error("it wants actions that were not offered: {0:#x}")]
    Actions(u32),
    /// It wants to be spoken to in a way that nobody knows.
    #[error("it wants protocol steps that were not offered: {0:#x}")]
    Protocol(u32),
}

impl Offer {
    /// All that this version of the protocol has.
    pub(super) fn of(version: u32) -> Self {
        let steps = match version {
            ..=2 => 0x00_007f,
            3 => 0x00_01ff,
            4 | 5 => 0x00_03ff,
            _ => u32::MAX,
        };
        let actions = if version < VERSION { Actions::from_bits_truncate(0x3f) } else { Actions::all() };
        Self { version, actions, protocol: Protocol::from_bits_truncate(steps) }
    }

    /// Takes the milter's choice.
    ///
    /// # Errors
    ///
    /// It has chosen what was not offered. Going on would mean to wait for answers that never come, or to
    /// leave out what it relies on.
    pub(super) fn agree(self, choice: Choice) -> Result<Agreement, Disagreement> {
        let Choice { version, actions, protocol, macros } = choice;
        if !(OLDEST..=self.version).contains(&version) {
            return Err(Disagreement::Version { theirs: version, ours: self.version });
        }
        let strange = actions & !self.actions.bits();
        if strange != 0 {
            return Err(Disagreement::Actions(strange));
        }
        let strange = protocol & !INTERNAL & !self.protocol.bits();
        if strange != 0 {
            return Err(Disagreement::Protocol(strange));
        }
        let (actions, protocol) =
            (Actions::from_bits_truncate(actions), Protocol::from_bits_truncate(protocol));
        Ok(Agreement { version, actions, protocol, macros })
    }
}

impl Agreement {
    /// Whether the milter is told of this.
    pub(super) fn wants(&self, event: Event) -> bool {
        let unwanted = match event {
            Event::Connect => Protocol::NO_CONNECT,
            Event::Helo => Protocol::NO_HELO,
            Event::Mail => Protocol::NO_MAIL,
            Event::Rcpt => Protocol::NO_RCPT,
            Event::Data if self.version < 4 => return false,
            Event::Data => Protocol::NO_DATA,
            Event::Header => Protocol::NO_HEADERS,
            Event::EndOfHeaders => Protocol::NO_END_OF_HEADERS,
            Event::Body => Protocol::NO_BODY,
            Event::EndOfMessage => return true,
            Event::Unknown if self.version < 3 => return false,
            Event::Unknown => Protocol::NO_UNKNOWN,
        };
        !self.protocol.contains(unwanted)
    }

    /// Whether the milter answers to this.
    pub(super) fn answers(&self, event: Event) -> bool {
        let silent = match event {
            Event::Connect => Protocol::SILENT_CONNECT,
            Event::Helo => Protocol::SILENT_HELO,
            Event::Mail => Protocol::SILENT_MAIL,
            Event::Rcpt => Protocol::SILENT_RCPT,
            Event::Data => Protocol::SILENT_DATA,
            Event::Header => Protocol::SILENT_HEADER,
            Event::EndOfHeaders => Protocol::SILENT_END_OF_HEADERS,
            Event::Body => Protocol::SILENT_BODY,
            Event::EndOfMessage => return true,
            Event::Unknown => Protocol::SILENT_UNKNOWN,
        };
        !self.protocol.contains(silent)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn choice(version: u32, actions: u32, protocol: u32) -> Choice {
        Choice { version, actions, protocol, macros: Vec::new() }
    }

    #[test]
    fn what_was_not_offered_cannot_be_chosen() {
        let offer = Offer::of(6);
        assert!(offer.agree(choice(6, 0x1ff, 0x1f_ffff)).is_ok());
        assert_eq!(offer.agree(choice(7, 0, 0)), Err(Disagreement::Version { theirs: 7, ours: 6 }));
        assert_eq!(offer.agree(choice(1, 0, 0)), Err(Disagreement::Version { theirs: 1, ours: 6 }));
        assert_eq!(offer.agree(choice(6, 0x200, 0)), Err(Disagreement::Actions(0x200)));
        assert_eq!(offer.agree(choice(6, 0, 0x20_0000)), Err(Disagreement::Protocol(0x20_0000)));
        assert_eq!(Offer::of(2).agree(choice(2, 0, 0x80)), Err(Disagreement::Protocol(0x80)));
        assert!(offer.agree(choice(6, 0, 0x2000_0000)).is_ok(), "libmilter's own bits are its own");
    }

    #[test]
    fn older_milters_are_not_told_what_they_do_not_know() {
        let agreed = |version| Offer::of(6).agree(choice(version, 0, 0)).unwrap();
        assert!(!agreed(2).wants(Event::Unknown) && !agreed(2).wants(Event::Data));
        assert!(agreed(3).wants(Event::Unknown) && !agreed(3).wants(Event::Data));
        assert!(agreed(4).wants(Event::Data));
    }

    #[test]
    fn each_bit_is_of_one_event() {
        for event in Event::ALL.into_iter().filter(|event| *event != Event::EndOfMessage) {
            let told = |bit| Offer::of(6).agree(choice(6, 0, bit)).unwrap().wants(event);
            let heard = |bit| Offer::of(6).agree(choice(6, 0, bit)).unwrap().answers(event);
            let bits = || (0..21).map(|shift| 1 << shift);
            assert_eq!(bits().filter(|bit| !told(*bit)).count(), 1, "{event:?}");
            assert_eq!(bits().filter(|bit| !heard(*bit)).count(), 1, "{event:?}");
        }
    }

    proptest! {
        #[test]
        fn no_choice_goes_beyond_the_offer(ours in 2_u32..=6, version: u32, actions: u32, protocol: u32) {
            if let Ok(agreed) = Offer::of(ours).agree(choice(version, actions, protocol)) {
                prop_assert!(Offer::of(ours).actions.contains(agreed.actions));
                prop_assert!(Offer::of(ours).protocol.contains(agreed.protocol));
                prop_assert!(agreed.version <= ours);
            }
        }
    }
}
