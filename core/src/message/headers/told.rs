//! As filters are told of a header section: a field is decoded where one of them reads it.

use waxseal_plugins::facts::Named;

use super::HeaderSection;

impl Named for HeaderSection {
    fn len(&self) -> usize {
        self.fields.len()
    }

    fn name(&self, number: usize) -> &str {
        self.field(number).map(|field| field.name()).unwrap_or_default()
    }

    fn value(&self, number: usize) -> String {
        self.field(number).map(|field| field.text()).unwrap_or_default()
    }
}
