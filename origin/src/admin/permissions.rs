//! Who may do what: the one table of it.

use crate::store::AdministratorRow;
use crate::store::Role::{self, Admin, Agent, Operator, PrivacyOfficer, Viewer};

/// What an endpoint of the admin API needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    /// Nothing: not even a session.
    Open,
    /// Any session.
    Session,
    /// Facts about conversations and games; never text.
    Look,
    /// The deployment's settings.
    ReadSettings,
    /// What persons wrote and were answered; each time with a reason.
    ReadText,
    /// Publish, activate, pin and roll back games.
    ChangeGames,
    /// Make, list and revoke API keys.
    ManageKeys,
    /// Keep persons and API keys out, and let them in again.
    Block,
    /// Erasures, legal holds, exports and the history of consents of persons.
    ManagePersons,
    /// Record that persons give and withdraw consents; an API key may be for just that.
    RecordConsents,
    /// Read and verify the audit log.
    ReadAudit,
    /// Make, change and remove webhooks.
    ManageWebhooks,
    /// Make and change administrators.
    ManageAdministrators,
    /// Say which queues agents serve.
    ManageAgents,
    /// Take over conversations of one's own queues.
    Serve,
}

/// What an endpoint reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// What belongs to one tenant.
    Tenant,
    /// The whole deployment: for administrators who are not bound to a tenant.
    Deployment,
}

impl Permission {
    /// Those that tell administrators apart.
    pub(crate) const NAMED: [Permission; 13] = [
        Permission::Look,
        Permission::ReadSettings,
        Permission::ReadText,
        Permission::ChangeGames,
        Permission::ManageKeys,
        Permission::Block,
        Permission::ManagePersons,
        Permission::RecordConsents,
        Permission::ReadAudit,
        Permission::ManageWebhooks,
        Permission::ManageAdministrators,
        Permission::ManageAgents,
        Permission::Serve,
    ];

    /// As it is written.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Permission::Open => "open",
            Permission::Session => "session",
            Permission::Look => "look",
            Permission::ReadSettings => "read_settings",
            Permission::ReadText => "read_text",
            Permission::ChangeGames => "change_games",
            Permission::ManageKeys => "manage_keys",
            Permission::Block => "block",
            Permission::ManagePersons => "manage_persons",
            Permission::RecordConsents => "record_consents",
            Permission::ReadAudit => "read_audit",
            Permission::ManageWebhooks => "manage_webhooks",
            Permission::ManageAdministrators => "manage_administrators",
            Permission::ManageAgents => "manage_agents",
            Permission::Serve => "serve",
        }
    }

    /// The roles that have it.
    pub(crate) fn roles(self) -> &'static [Role] {
        match self {
            Permission::Open | Permission::Session => &[Viewer, Operator, PrivacyOfficer, Admin, Agent],
            Permission::Look | Permission::ReadSettings => &[Viewer, Operator, PrivacyOfficer, Admin],
            // Not Admin: who may make administrators can't also read what persons wrote without leaving a trace of
            // having made themselves a privacy officer.
            Permission::ReadText => &[PrivacyOfficer],
            Permission::ChangeGames
            | Permission::ManageKeys
            | Permission::Block
            | Permission::ManageWebhooks
            | Permission::ManageAgents => &[Operator, Admin],
            // Nobody but those who were told which queues are theirs.
            Permission::Serve => &[Agent],
            Permission::ManagePersons | Permission::RecordConsents | Permission::ReadAudit => &[PrivacyOfficer, Admin],
            Permission::ManageAdministrators => &[Admin],
        }
    }

    /// What it reaches.
    pub(crate) fn reach(self) -> Reach {
        match self {
            Permission::ReadSettings | Permission::ReadAudit | Permission::ManageAdministrators => Reach::Deployment,
            _ => Reach::Tenant,
        }
    }

    /// Whether an administrator has it: by their role, and what reaches the deployment only when bound to no tenant.
    pub(crate) fn is_had_by(self, administrator: &AdministratorRow) -> bool {
        self.is_given_to(administrator.role) && (self.reach() == Reach::Tenant || administrator.tenant.is_none())
    }

    /// Whether a role has it.
    pub(crate) fn is_given_to(self, role: Role) -> bool {
        self.roles().contains(&role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_privacy_officer_reads_text() {
        assert_eq!(Role::ALL.map(|role| Permission::ReadText.is_given_to(role)), [false, false, true, false, false]);
    }

    #[test]
    fn an_agent_serves_and_does_nothing_else() {
        let given = Permission::NAMED.into_iter().filter(|permission| permission.is_given_to(Agent));
        assert_eq!(given.collect::<Vec<_>>(), [Permission::Serve]);
        assert_eq!(Role::ALL.map(|role| Permission::Serve.is_given_to(role)), [false, false, false, false, true]);
    }

    #[test]
    fn a_viewer_changes_nothing() {
        use Permission::{Block, ChangeGames, ManageAdministrators, ManageKeys, ManagePersons, ManageWebhooks};
        for permission in [ChangeGames, ManageKeys, Block, ManagePersons, ManageWebhooks, ManageAdministrators] {
            assert!(!permission.is_given_to(Viewer), "{permission:?}");
        }
    }
}
