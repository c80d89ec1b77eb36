// Package archive keeps what the house has said and done, and proves it.
//
// The truth is one append-only [Journal] of entries: a released message is an entry, and so is every act that changes
// who may read what. Nothing is updated in place. Everything else in the house (the register, the thesaurus, the
// ledger, the search index) is a fold of the journal and can be rebuilt from it.
//
// # An entry
//
// An entry is a [Header] and a payload. The header carries the payload's digest, SHA-256 over a domain, a salt of 32
// bytes and the payload, so that a header tells nothing about a payload that may not be read. The payload is stored
// under a key of its own, kept apart in [Keys]: destroying that key erases the payload lawfully, for free pages and
// backups keep bytes; the header and the proof stay.
//
// # What is proved
//
// Headers are chained: [Head] commits to every header before it, in order. Besides, one RFC 6962 tree per level and one
// for acts commit to the [Header.Leaf] of their entries, and each tree has a signed checkpoint of its own, so a reader
// cleared for one level is shown nothing of the other, not even how much there is. The house checkpoint commits to all
// trees and to the chain; it is for the auditor and for witnesses outside.
//
// # Engines
//
// The contracts stand here, engines one level below: boltjournal and boltkeys (bbolt files), filevault (attachments).
// One conformance suite, archivetest, holds for every engine of [Journal].
package archive
