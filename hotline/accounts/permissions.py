"""Who may do what: one enum of deeds, one table from role to deeds, and nothing else.

Adding a right to a role is a change of one line here, and reads as one in review.
"""

import enum


class Role(enum.StrEnum):
    """What somebody is employed to do on the line."""

    officer = "officer"
    supervisor = "supervisor"
    admin = "admin"
    auditor = "auditor"
    screen = "screen"
    """No person: a screen on a wall, signed in for months, that shows nothing about anybody."""


class Permission(enum.StrEnum):
    """One deed. Every route of the console names the one it needs."""

    see_queue = "see_queue"
    see_report = "see_report"
    search = "search"
    """Each finds only what they may see."""
    hear_recording = "hear_recording"
    hold_recordings = "hold_recordings"
    unmask_number = "unmask_number"
    claim = "claim"
    classify = "classify"
    dispose = "dispose"
    reopen = "reopen"
    flag_caller = "flag_caller"
    share_view = "share_view"

    open_case = "open_case"
    see_case = "see_case"
    write_case = "write_case"
    close_case = "close_case"
    keep_confidential = "keep_confidential"

    raise_alert = "raise_alert"
    see_alerts = "see_alerts"
    see_wallboard = "see_wallboard"
    acknowledge_alert = "acknowledge_alert"
    cancel_alert = "cancel_alert"
    run_exercise = "run_exercise"

    call_back = "call_back"
    call_back_unsafe = "call_back_unsafe"
    transfer_call = "transfer_call"
    conference_police = "conference_police"
    direct_any_call = "direct_any_call"

    manage_officers = "manage_officers"
    see_audit = "see_audit"
    edit_places = "edit_places"
    see_contacts = "see_contacts"
    manage_contacts = "manage_contacts"
    manage_roster = "manage_roster"
    see_health = "see_health"
    see_figures = "see_figures"


_OFFICER = frozenset(
    {
        Permission.see_queue,
        Permission.see_report,
        Permission.search,
        Permission.hear_recording,
        Permission.unmask_number,
        Permission.claim,
        Permission.classify,
        Permission.dispose,
        Permission.open_case,
        Permission.see_case,
        Permission.write_case,
        Permission.raise_alert,
        Permission.see_alerts,
        Permission.see_wallboard,
        Permission.acknowledge_alert,
        Permission.call_back,
        Permission.transfer_call,
        Permission.conference_police,
        Permission.see_contacts,
    }
)

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.officer: _OFFICER,
    # Taking back what has been decided, and ending help for a child, need a second pair of eyes.
    Role.supervisor: _OFFICER
    | {
        Permission.reopen,
        Permission.flag_caller,
        Permission.share_view,
        Permission.close_case,
        Permission.keep_confidential,
        Permission.cancel_alert,
        Permission.run_exercise,
        Permission.call_back_unsafe,
        Permission.direct_any_call,
        Permission.hold_recordings,
        Permission.edit_places,
        Permission.manage_contacts,
        Permission.manage_roster,
        Permission.see_health,
        Permission.see_figures,
    },
    # Runs the installation; has no business with any child's report.
    Role.admin: frozenset(
        {
            Permission.manage_officers,
            Permission.edit_places,
            Permission.see_contacts,
            Permission.manage_contacts,
            Permission.manage_roster,
            Permission.see_health,
            Permission.see_figures,
        }
    ),
    # Reads the log and the lists with numbers masked; changes nothing, hears nothing.
    Role.auditor: frozenset(
        {
            Permission.see_queue,
            Permission.search,
            Permission.see_alerts,
            Permission.see_contacts,
            Permission.see_audit,
            Permission.see_health,
            Permission.see_figures,
        }
    ),
    Role.screen: frozenset({Permission.see_wallboard}),
}

HOME: dict[Role, str] = {
    Role.officer: "/",
    Role.supervisor: "/",
    Role.admin: "/officers",
    Role.auditor: "/",
    Role.screen: "/wallboard",
}
"""The page on which each role starts."""
