<?php
// Verifies a webhook (Standard Webhooks 1.0.0): v1 with a secret, v1a with a public key.

const WEBHOOK_TOLERANCE = 300; // seconds

/**
 * The message's id, or an InvalidArgumentException. $headers with lower-case names; $body as it came, before it is
 * parsed. $keys are your endpoint's whsec_… secret, the whpk_… public keys, or both. Keep the id for a while: a message
 * that comes again has the same one. To endpoint.verify answer 200 with {"challenge": data.challenge}.
 */
function verify_webhook(array $headers, string $body, array $keys, ?int $now = null): string
{
    $id = $headers['webhook-id'] ?? '';
    $timestamp = $headers['webhook-timestamp'] ?? '';
    if (!preg_match('/\A[0-9]{1,12}\z/', $timestamp)) {
        throw new InvalidArgumentException('no timestamp');
    }
    if (abs(($now ?? time()) - (int) $timestamp) > WEBHOOK_TOLERANCE) {
        throw new InvalidArgumentException('too old, or from the future');
    }
    $signed = "$id.$timestamp.$body";
    foreach (array_slice(explode(' ', $headers['webhook-signature'] ?? ''), 0, 16) as $entry) {
        [$scheme, $text] = explode(',', $entry, 2) + ['', ''];
        $signature = base64_decode($text, true);
        foreach ($keys as $key) {
            if ($signature !== false && webhook_is_by($key, $scheme, $signature, $signed)) {
                return $id;
            }
        }
    }
    throw new InvalidArgumentException('the signature is not right');
}

function webhook_is_by(string $key, string $scheme, string $signature, string $signed): bool
{
    if ($scheme === 'v1' && str_starts_with($key, 'whsec_')) {
        $secret = base64_decode(substr($key, 6));
        return $secret !== '' && hash_equals(hash_hmac('sha256', $signed, $secret, true), $signature);
    }
    if ($scheme === 'v1a' && str_starts_with($key, 'whpk_')) {
        $public = base64_decode(substr($key, 5));
        return strlen($public) === 32 && strlen($signature) === 64
            && sodium_crypto_sign_verify_detached($signature, $signed, $public);
    }
    return false;
}
