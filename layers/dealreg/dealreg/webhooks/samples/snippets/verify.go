// Package webhook verifies webhooks (Standard Webhooks 1.0.0): v1 with a secret, v1a with a public key.
package webhook

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const tolerance = 300 // seconds

// Verify returns the message's id. The body is as it came, before it is parsed. The keys are your endpoint's whsec_…
// secret, the whpk_… public keys, or both. Keep the id for a while: a message that comes again has the same one. To
// endpoint.verify answer 200 with {"challenge": data.challenge}.
func Verify(headers http.Header, body []byte, keys []string, now time.Time) (string, error) {
	id, timestamp := headers.Get("webhook-id"), headers.Get("webhook-timestamp")
	seconds, err := strconv.ParseUint(timestamp, 10, 40)
	if err != nil {
		return "", errors.New("no timestamp")
	}
	if age := now.Unix() - int64(seconds); age > tolerance || age < -tolerance {
		return "", errors.New("too old, or from the future")
	}
	signed := append([]byte(id+"."+timestamp+"."), body...)
	entries := strings.Split(headers.Get("webhook-signature"), " ")
	for _, entry := range entries[:min(len(entries), 16)] {
		scheme, text, _ := strings.Cut(entry, ",")
		signature, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			continue
		}
		for _, key := range keys {
			if isBy(key, scheme, signature, signed) {
				return id, nil
			}
		}
	}
	return "", errors.New("the signature is not right")
}

func isBy(key, scheme string, signature, signed []byte) bool {
	prefix, encoded, _ := strings.Cut(key, "_")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	switch {
	case err != nil || len(raw) == 0:
		return false
	case scheme == "v1" && prefix == "whsec":
		mine := hmac.New(sha256.New, raw)
		mine.Write(signed)
		return hmac.Equal(mine.Sum(nil), signature)
	case scheme == "v1a" && prefix == "whpk" && len(raw) == ed25519.PublicKeySize:
		return ed25519.Verify(raw, signed, signature)
	}
	return false
}
