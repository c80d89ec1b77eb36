// Package web is the house's door for people and programs: server-rendered pages, a JSON API under /api/v1 and a live stream.
//
// Every address is registered in one place (routes.go) with its policy, public or pass, and a handler never finds its Desk by itself:
// one adapter opens it from the pass that the request shows and hands it over. A handler returns what it means, a typed answer or a
// view, and an error; one table turns errors into statuses (problem.go).
//
// What is kept where:
//
//	server.go routes.go call.go        the server, the registry, a request as handlers know it
//	guard.go headers.go strictjson.go  what is refused before a handler runs, and the headers of every answer
//	session.go tokens.go               passes in cookies, the token in forms
//	problem.go                         errors as pages and as RFC 9457 problems
//	api_*.go openapi.go                the JSON API and its description, from the same types
//	stream.go                          server-sent events
//	page_*.go *.templ                  one file per page
//	words.go dates.go locales/         French and English
//	assets.go assets/ vendor/          what the browser loads, embedded under hashed names
//
// The package keeps no state that a second node would need: passes, preferences and the terminal's secret travel in cookies.
// What it remembers is a count of open streams and, for half a minute, the answer to a refresh, so that tabs which refresh at once agree.
package web
