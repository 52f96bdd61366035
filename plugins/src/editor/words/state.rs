//! What policies and filters have besides facts, and what tests imagine of it.

use super::{Native, native};

/// Memory, rates, counters and lists.
#[rustfmt::skip]
pub(crate) const OF_STATE: [Native; 9] = [
    native("count", "count(counter)` or `count(counter, n)", "count(\"${1:name}\")", "Adds to a counter of the script's own, shown as `waxseal_plugin_counter_total`. Its name has small letters, digits and `_`; a script has at most 32. What is beyond, and a number below 0, is not counted: the log says so once."),
    native("allows", "allows(rate, key)` or `allows(rate, key, n)", "allows(\"${1:100 per 1h}\", ${2:client.address})", "Whether the rate has so much left for this key, which is taken then. A rate is written as in `\"12 per 1h\"`, or `\"100 per 1h burst 20\"` where less may come at once; the key is any text. A restart fills all rates."),
    native("recall", "recall(key)` or `recall(key, default)", "recall(\"${1:key}\")", "What was remembered under the key; `()`, or the default, where nothing is or its time is over."),
    native("remember", "remember(key, value, time)", "remember(\"${1:key}\", ${2:value}, \"${3:1h}\")", "Remembers a text, a number, true or false for a time, as in `\"90s\"`, `\"10m\"`, `\"1h\"` or `\"35d\"`. It survives reloads and restarts. A script remembers 10 000 entries and 8 MiB; beyond that, what would end next is forgotten."),
    native("remember_first", "remember_first(key, value, time)", "remember_first(\"${1:key}\", ${2:value}, \"${3:1h}\")", "The same where nothing is remembered under the key, and whether that was so: of many that ask at once one is the first."),
    native("remember_sum", "remember_sum(key, n, time)", "remember_sum(\"${1:key}\", 1, \"${2:1h}\")", "Adds to the number that is remembered under the key, which is 0 where nothing is, and gives the sum: of many that add at once none is lost. The time begins anew with each."),
    native("forget", "forget(key)", "forget(\"${1:key}\")", "Forgets what is remembered under the key."),
    native("in_list", "in_list(list, text)", "in_list(\"${1:blocked}\", ${2:client.address})", "Whether the text is in `lists/NAME.txt` of the policies: an IP address by its network, an address of mail also by its domain, a domain also by one above it with a dot before it."),
    native("network", "network(address)", "network(${1:client.address})", "The network that an IP address lies in, as a text: of 24 bits for IPv4, of 64 for IPv6."),
];

/// Names. Who calls one of these may wait.
#[rustfmt::skip]
pub(crate) const OF_NAMES: [Native; 6] = [
    native("dns_addresses", "dns_addresses(name)` or `dns_addresses(name, default)", "dns_addresses(${1:name})", "The IP addresses of a host, empty where it has none. Where nothing can be found out it is the default; without one the script fails, and its mail is deferred. A call may make 10 lookups."),
    native("dns_mx", "dns_mx(domain)` or `dns_mx(domain, default)", "dns_mx(${1:domain})", "The mail hosts of a domain, the most preferred first."),
    native("dns_txt", "dns_txt(name)` or `dns_txt(name, default)", "dns_txt(${1:name})", "The TXT records of a name."),
    native("dns_names", "dns_names(address)` or `dns_names(address, default)", "dns_names(${1:client.address})", "The names of an IP address (PTR). They prove nothing: `reverse_name` asks whether one leads back."),
    native("dnsbl", "dnsbl(address, zone)` or `dnsbl(address, zone, default)", "dnsbl(${1:client.address}, \"${2:zen.example}\")", "What a DNS block list answers about an IP address, as in `[\"127.0.0.2\"]`; empty where it is not listed (RFC 5782)."),
    native("reverse_name", "reverse_name(address)` or `reverse_name(address, default)", "reverse_name(${1:client.address})", "The first name of an IP address that leads back to it; empty where none does."),
];

/// What only tests have of it.
#[rustfmt::skip]
pub(crate) const OF_TRIALS: [Native; 3] = [
    native("later", "later(time)", "later(\"${1:10m}\")", "Lets so much time go by, for what is remembered and for rates."),
    native("dns", "dns(#{..})", "dns(#{ \"${1:name}\": [\"$2\"] })", "What is answered about names: a list, or a map by `addresses`, `mx`, `txt` and `names`; `\"unavailable\"` where nothing can be found out. Of all other names nothing is published."),
    native("counted", "counted(counter)", "counted(\"${1:name}\")", "What this counter has come to in the test."),
];
