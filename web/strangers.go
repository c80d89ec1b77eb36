package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// strangerLimit is the most that a body may have, in bytes, of whoever shows no pass of a living session: more than any sign-in needs.
// Room for the whole of an announced body is made before its first byte is read, so that a thousand idle strangers would take a gigabyte.
const strangerLimit = 16 << 10

// awaited decides, once the headers of a request are read, how much of its body is read before the handler runs: of one that will be
// refused for its length, no more than fasthttp can be told to.
func (s *Server) awaited(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	if h.ContentLength() > s.mostOf(h) {
		return fasthttp.RequestConfig{MaxRequestBodySize: 1}
	}
	return fasthttp.RequestConfig{MaxRequestBodySize: bodyLimit}
}

// mostOf is how large a body may be, by who sends it.
func (s *Server) mostOf(h *fasthttp.RequestHeader) int {
	const chunked = -1
	if n := h.ContentLength(); n != chunked && n <= strangerLimit || s.house.Recognizes(s.life, s.shownPass(h)) {
		return bodyLimit
	}
	return strangerLimit
}

// shownPass is the access token of a request, "" for none. Whether it still opens a desk is asked later.
func (s *Server) shownPass(h *fasthttp.RequestHeader) string {
	if authorization := string(h.Peek("Authorization")); authorization != "" {
		_, token, _ := strings.Cut(authorization, " ")
		return token
	}
	return string(h.Cookie(s.cookieName(accessCookie)))
}

// unread reports whether the body of a request was refused unread because nobody that the house knows sent it.
func unread(c *fiber.Ctx) bool {
	n := c.Request().Header.ContentLength()
	return n > strangerLimit && n <= bodyLimit
}
