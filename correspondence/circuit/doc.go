// Package circuit is a draft's way to its signature: who asked for which visas, who gave them on which text, what waits for a hand, what is
// held back for a moment and may still be undone, and which visas a group demands of its own messages.
//
//	                 ┌──────────── returned, reopened ────────────┐
//	                 ▼                                            │
//	drafting ─ submitted ─► in visa ─ last visa ─► to sign ─ held ─► (released)
//	    │                                             ▲      │
//	    └─ held (a text that needs no visa) ──────────┘◄─────┘ unheld
//
// Everything is said over the digest of the content: a visa stands for one text and for no other. An edit ends the round, and with it the
// visas given; the next submission opens another round.
//
// [Circuits] is a fold of acts. It knows neither texts nor rights: the deciding functions are told what the agent may act as, and return
// the act to append or a sentinel. Many may read it at the same time; one writes.
package circuit
