<?php

declare(strict_types=1);

$config = require __DIR__ . '/../src/config.php';
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);

if ($path === '/oauth/callback') {
    // has to match the redirect registered with the identity provider
    $redirect = 'http://localhost:8080/oauth/callback';
    header('X-Redirect: ' . $redirect);
    exit;
}

$queue = json_decode(
    file_get_contents($config['api'] . '/v1/queue', false, stream_context_create([
        'http' => ['timeout' => 5],
    ])),
    true
);
?>
<!doctype html>
<title>Kilnhouse back office</title>
<a href="http://localhost:8080/classes">View the shop</a>
<iframe src="http://localhost:3000/d-solo/kiln/queue?refresh=10s" width="3000"></iframe>
<img src="http://localhost:9000/media/logo.png" alt="">
<p><?= count($queue) ?> pieces waiting. Cone 6 is 1222 °C.</p>
