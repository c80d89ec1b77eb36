// Package habilitation says who may read what, and who somebody is.
//
// The reading rule stands once, in Perimeter.Admits: it asks a message's Marking and an agent's Perimeter, and nothing else.
//
//	level ≤ min(agent's level, terminal's level)
//	∧ ( named in the signed headers ∨ an audience of mine is addressed ∨ an audience of mine declared a tag to this level ∨ archivist )
//
// Where a perimeter comes from:
//
//	journal ─ acts ─► Register ──┐
//	                 TagGrants ──┼─► Authority ─ mints ─► Badge ─ holds ─► Perimeter
//	 token ─ Credentials ────────┘
//
// The Register is a fold of the journal's acts: agents, terminals, audiences (functional groups and interest communities), memberships
// with their duties, sign-ups, delegations, duty rosters, collectives and the operator desk. Its methods that decide (RequestToJoin,
// AcceptSignup, Delegate, SetRoster, DefineCollective, Check) change nothing: they give the act to append, and Apply folds it once the
// journal has it. MayActOn says who may do what in an audience now, in their own right or on behalf of whoever lent it.
//
// The Authority admits passes. An access token says who came in, never what they may do: at each request and each streamed event the rights
// are those that the register gives at that moment. Perimeters are compiled once for each state of the register and the declarations.
// Passwords and refresh tokens are kept by an engine of Credentials, boltcredentials by default, and never in the journal.
package habilitation
