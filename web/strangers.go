package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// strangerLimit is the most that a body may have, in bytes, of whoever shows no pass of a living session: more than any sign-in needs.
// Room for the whole of an announced body is made before its first byte is read, so that a thousand idle strangers would take a gigabyte.
const strangerLimit = 16 << 10

// awaited decides, once the headers of a request are read, how large a body is awaited.
func (s *Server) awaited(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	const chunked = -1
	if n := h.ContentLength(); n != chunked && n <= strangerLimit || s.house.Recognizes(s.life, s.shownPass(h)) {
		return fasthttp.RequestConfig{MaxRequestBodySize: bodyLimit}
	}
	return fasthttp.RequestConfig{MaxRequestBodySize: strangerLimit}
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
