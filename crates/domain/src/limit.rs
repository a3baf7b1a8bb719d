//! The limits that an app or an address can come to.

/// A limit that refuses; each is told apart in refusals, metrics and the log by the key that
/// configures it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Authenticated connections of an app.
    Connections,
    /// Connections of an app that authenticate, per second.
    NewConnections,
    /// Messages that an app's clients and backends send, per second.
    Messages,
    /// Messages of an app, each counted once per subscriber, per second.
    Deliveries,
    /// Messages that one client of an app sends, per second, over all its connections.
    ClientMessages,
    /// Members of all channels of an app.
    PresenceMembers,
    /// Bytes of an app's messages that are kept in memory.
    History,
    /// Bytes of an app's messages that are kept on disk.
    Storage,
    /// Connections and further `auth` requests of one address, per second, before anybody knows
    /// who it is.
    Attempts,
    /// Messages of an app in a month.
    MonthlyMessages,
    /// Messages of an app in a month, each counted for each connection that it was given to.
    MonthlyDeliveries,
    /// Minutes of an app's connections in a month, together.
    MonthlyConnectionMinutes,
}

impl Limit {
    /// Every limit.
    pub const ALL: [Self; 12] = [
        Self::Connections,
        Self::NewConnections,
        Self::Messages,
        Self::Deliveries,
        Self::ClientMessages,
        Self::PresenceMembers,
        Self::History,
        Self::Storage,
        Self::Attempts,
        Self::MonthlyMessages,
        Self::MonthlyDeliveries,
        Self::MonthlyConnectionMinutes,
    ];

    /// The share of a limit, in percent, from which it is announced that it is near.
    pub const NEAR_PERCENT: u64 = 80;

    /// The stable machine name: the key in `apps[].limits`, or in `limits`, that configures it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::NewConnections => "new_connections_per_second",
            Self::Messages => "messages_per_second",
            Self::Deliveries => "deliveries_per_second",
            Self::ClientMessages => "client_messages_per_second",
            Self::PresenceMembers => "presence_members",
            Self::History => "history",
            Self::Storage => "storage",
            Self::Attempts => "attempts_per_address",
            Self::MonthlyMessages => "monthly_messages",
            Self::MonthlyDeliveries => "monthly_deliveries",
            Self::MonthlyConnectionMinutes => "monthly_connection_minutes",
        }
    }

    /// Its place in [`Self::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The level from which `most` is near; at least 1.
    #[must_use]
    pub const fn near(most: u64) -> u64 {
        let near = most.saturating_mul(Self::NEAR_PERCENT) / 100;
        if near == 0 { 1 } else { near }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_place_and_a_name_of_its_own() {
        let names: std::collections::HashSet<_> = Limit::ALL.map(Limit::name).into();
        assert_eq!(names.len(), Limit::ALL.len());
        for (index, limit) in Limit::ALL.into_iter().enumerate() {
            assert_eq!(limit.index(), index);
        }
        assert_eq!(
            (Limit::near(100), Limit::near(1), Limit::near(u64::MAX)),
            (80, 1, u64::MAX / 100)
        );
    }
}
