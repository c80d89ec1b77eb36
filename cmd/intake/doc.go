// Package intake reads records of other archives and has a house keep them.
//
// A record is one line of JSON, in a file .jsonl or .jsonl.zst. It is read as hostile input: what cannot be kept is refused with its line
// and the reason, and the rest goes in. What a record says becomes:
//
//	from.post, else place           origin: a functional group made as needed; "poste-non-identifie" where neither is usable
//	to[].post                       action addressees, made the same way
//	info_to                         information addressees, where a post can be made out
//	telegram (in any word)          telegram; letter, message: formal mail; everything else (despatch, memorandum…): note
//	SECRET, CONFIDENTIAL, RESTRICTED, TOP SECRET (alone or in a longer marking, English or French): restricted; everything else unprotected
//	countries, sections, index terms tags, one for each folded form
//	number_printed, else number     the number; it enters no series
//	date                            the date, at noon UTC since only a day is printed; where there is none, see datedBy; one to come is refused
//	subject, else title             subject
//	body                            text, in canonical form
//
// Everything else that tells where the record comes from is kept as pairs of its provenance, which is part of the sealed text.
package intake
