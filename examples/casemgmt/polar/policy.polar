# Who may do what in case management: what the documentation of package casemgmt says, and policy.go in Go.
#
# The action is the full name of a permission, such as "casemgmt.view_client". Stored documents list permissions by their ids: those of the one
# that is asked for are caller.Asked. Types and fields have the names that they have in casemgmt.Schema; a variable must not be named as a type.

# Superusers may do everything.
allow(caller: Caller, _permission: String, _) if
    caller.Superuser;

# A permission that is held everywhere: by the user, by a group of theirs, or by a role assigned to one of these. An account that is not active has none.
allow(caller: Caller, _permission: String, _) if
    p in caller.Asked and
    p in caller.Permissions;

# A role in a caseload to which it belongs.
allow(caller: Caller, _permission: String, it) if
    belongs(it, c) and
    grant in c.grants and
    held(grant, caller) and
    p in caller.Asked and
    p in grant.its_role.permissions;

held(grant, caller: Caller) if
    caller.ID in grant.user;

held(grant, caller: Caller) if
    g in caller.Groups and
    g in grant.group;

belongs(it: client, c) if
    c in it.caseloads;

belongs(it: case_type, c) if
    c in it.caseloads;

belongs(it: template, c) if
    c in it.caseloads;

# A document belongs to the caseloads that list both its client and the case type of its template.
belongs(it: document, c) if
    c in it.client_caseloads and
    c in it.its_template.caseloads;

belongs(it: activity_log, c) if
    belongs(it.its_document, c);

belongs(it: wkcmp_eligibility, c) if
    belongs(it.its_document, c);
