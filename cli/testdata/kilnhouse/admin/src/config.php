<?php

declare(strict_types=1);

return [
    'base_url'   => getenv('ADMIN_PUBLIC_URL') ?: 'http://localhost:8080',
    'api'        => getenv('API_URL') ?: 'http://api:9000',
    'storage'    => 'http://storage:9000',
    'links' => [
        'Shop'     => 'http://localhost:8080/',
        'Charts'   => 'http://localhost:3000/d/kiln',
        'Handbook' => 'http://localhost:3000/staff/',
        'Photos'   => 'http://localhost:9001/browser/media',
    ],
    'csv_limit'  => 9000,
    'poll_ms'    => 3000,
];
