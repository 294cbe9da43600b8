package main

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"receiver/webhook"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fmt.Println(judge(strings.Split(lines.Text(), "\t")))
	}
}

func judge(fields []string) string {
	header := http.Header{}
	for i, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
		if field := fields[i+1]; field != "-" {
			header.Set(name, string(decode(field)))
		}
	}
	err := webhook.Verify(string(decode(fields[0])), header, decode(fields[4]))
	switch {
	case err == nil:
		return "accepted"
	case errors.Is(err, webhook.ErrInvalidSignature):
		return "refused"
	default:
		return "failed"
	}
}

func decode(field string) []byte {
	decoded, err := base64.StdEncoding.DecodeString(field)
	if err != nil {
		panic(err)
	}
	return decoded
}
