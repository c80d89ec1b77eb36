// Package gate is what may leave the house by mail, and what became of it: a fold of acts, without engine and without input or output.
//
// Rules are asked in their order for each address outside; the first that matches decides, else the default of the configuration: let through,
// held until a second person of the origin lets it through, or blocked. What was decided stands in the record of the release, and is never
// decided again. From there each address has its own end: sent, or undeliverable.
//
//	release ─► allow ──────────────────────────────► waiting ─► sent
//	       └─► second person ─► approved ─────────────┘     └─► undeliverable
//	                        └─► refused
package gate
