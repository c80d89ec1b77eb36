// Package smtp speaks the Internet's mail protocol (RFC 5321), both ways.
//
// [Server] takes mail for the house's own domain from anybody and does one thing with it: it puts the bytes exactly as they came into a
// postal.Queue, and says so once they are durable. Whether the recipient exists is decided later and inside: an unknown one of the house's domain
// falls on the operator desk and is never told apart here, so the line tells nobody who works in the house. Any other domain is refused; the house
// relays nothing and asks nobody for a password.
//
// [Client] hands a mail to the server that is to have it.
package smtp
