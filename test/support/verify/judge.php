<?php

declare(strict_types=1);

require __DIR__ . '/../../../docs/guides/verify/verify.php';

function judge(?string ...$fields): string
{
    try {
        verifyWebhook(...$fields);
        return 'accepted';
    } catch (InvalidSignature) {
        return 'refused';
    } catch (Throwable) {
        return 'failed';
    }
}

while (($line = fgets(STDIN)) !== false) {
    $fields = explode("\t", rtrim($line, "\n"));
    echo judge(...array_map(fn (string $field) => $field === '-' ? null : base64_decode($field), $fields)), "\n";
}
