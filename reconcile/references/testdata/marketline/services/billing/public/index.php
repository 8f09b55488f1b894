<?php

declare(strict_types=1);

require __DIR__ . '/../vendor/autoload.php';

use Marketline\Billing\App;
use Marketline\Billing\Clients;

$settings = json_decode(file_get_contents(__DIR__ . '/../settings.json'), true);
$port = $settings['http']['port'] ?? 7600;

$clients = new Clients([
    'notifier' => getenv('NOTIFIER_URL') ?: 'http://localhost:7600',
    'catalog'  => getenv('CATALOG_URL') ?: 'http://localhost:8120',
    'geo'      => getenv('GEO_URL') ?: 'http://localhost:8120',
]);

// Largest request body we are willing to parse, in kilobytes.
const MAX_BODY_KB = 8120;

(new App($port, $clients, MAX_BODY_KB))->run();
