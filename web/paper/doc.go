// Package paper prints messages and dossiers as PDF on A4 sheets: a telegram as the trade knows it, with its level first and last on every
// page, its number, its corrections, and what a stranger needs to verify it.
//
// It prints what a Desk has already given to a reader and asks nobody for more. The same message in the same language gives the same bytes.
package paper
