//! Where a message goes.

/// Where a message goes, carried by [`accept_by`](super::accept_by); what is not said is as the configuration has it.
///
/// ```
/// use waxseal_sdk::prelude::*;
///
/// fn route(host: &Host, mail: &Mail) -> outgoing::route::Verdict {
///     if mail.tags().first("bulk").is_some() { accept_by(NextHop::new().to(["bulk.example.org:25"])) } else { no_opinion() }
/// }
///
/// let bulk = testing::mail().tags([("bulk", "yes")]);
/// let verdict = route(&testing::clear_host(), &bulk);
/// assert_eq!(verdict, accept_by(NextHop::new().to(["bulk.example.org:25"])));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct NextHop {
    /// The next hops, `host:port` or `[address]:port`, the preferred first.
    pub to: Option<Vec<String>>,
    /// Our own address that the connection comes from.
    pub source: Option<String>,
    /// The name that we give in EHLO.
    pub helo_name: Option<String>,
    /// A `[[transport]]` of the configuration, by its name.
    pub transport: Option<String>,
}

impl NextHop {
    /// As the configuration has it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The next hops, `host:port` or `[address]:port`, the preferred first.
    #[must_use]
    pub fn to(self, hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { to: Some(hosts.into_iter().map(Into::into).collect()), ..self }
    }

    /// Our own address that the connection comes from.
    #[must_use]
    pub fn source(self, address: impl Into<String>) -> Self {
        Self { source: Some(address.into()), ..self }
    }

    /// The name that we give in EHLO.
    #[must_use]
    pub fn helo_name(self, name: impl Into<String>) -> Self {
        Self { helo_name: Some(name.into()), ..self }
    }

    /// A `[[transport]]` of the configuration, by its name.
    #[must_use]
    pub fn transport(self, name: impl Into<String>) -> Self {
        Self { transport: Some(name.into()), ..self }
    }
}

#[cfg(target_arch = "wasm32")]
impl crate::glue::HandOver for NextHop {
    type Wit = crate::glue::wit::NextHop;

    fn hand_over(self) -> Result<Self::Wit, String> {
        let way = Self::Wit::new();
        if let Some(hosts) = self.to {
            way.set_to(&hosts)?;
        }
        if let Some(address) = self.source {
            way.set_source(&address)?;
        }
        if let Some(name) = self.helo_name {
            way.set_helo_name(&name)?;
        }
        if let Some(name) = self.transport {
            way.set_transport(&name)?;
        }
        Ok(way)
    }
}
