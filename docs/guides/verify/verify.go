package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const toleranceSeconds = 5 * 60

var ErrInvalidSignature = errors.New("webhook: invalid signature")

// Verify returns nil when the request was signed with the secret, and ErrInvalidSignature when it was not.
func Verify(secret string, header http.Header, rawBody []byte) error {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	// Anyone who knows that it is empty can sign.
	if err != nil || len(key) == 0 {
		return errors.New("webhook: the secret is empty or not base64")
	}

	id, timestamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return ErrInvalidSignature
	}
	if off := time.Now().Unix() - seconds; off > toleranceSeconds || off < -toleranceSeconds {
		return ErrInvalidSignature
	}

	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(rawBody)
	expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, given := range strings.Fields(header.Get("webhook-signature")) {
		if hmac.Equal([]byte(given), []byte(expected)) {
			return nil
		}
	}
	return ErrInvalidSignature
}
