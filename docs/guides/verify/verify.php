<?php

declare(strict_types=1);

final class InvalidSignature extends RuntimeException {}

/** Returns when the request was signed with the secret, and throws InvalidSignature when it was not. */
function verifyWebhook(string $secret, ?string $id, ?string $timestamp, ?string $signature, string $rawBody): void
{
    $toleranceS = 5 * 60;
    $key = base64_decode(preg_replace('/^whsec_/', '', $secret), true);
    // Anyone who knows that it is empty can sign.
    if ($key === false || $key === '') {
        throw new InvalidArgumentException('the secret is empty or not base64');
    }

    $seconds = filter_var($timestamp, FILTER_VALIDATE_INT);
    if ($seconds === false || abs(time() - $seconds) > $toleranceS) {
        throw new InvalidSignature('the timestamp is more than five minutes off');
    }

    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$rawBody", $key, true));
    foreach (explode(' ', $signature ?? '') as $given) {
        if (hash_equals($expected, $given)) {
            return;
        }
    }
    throw new InvalidSignature('no signature is right');
}
