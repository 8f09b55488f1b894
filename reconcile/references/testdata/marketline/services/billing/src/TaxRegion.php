<?php

declare(strict_types=1);

namespace Marketline\Billing;

/**
 * Finds the tax region of a delivery address with the help of geo.
 */
final class TaxRegion
{
    private const ENDPOINT = 'http://localhost:8120/v1/region';

    /** Postal codes which the border office taxes separately. */
    private const SPECIAL = ['6991', '7600', '8120', '9492'];

    public function __construct(private Http $http, private float $timeout = 2.5)
    {
    }

    public function of(string $postalCode): string
    {
        if (in_array($postalCode, self::SPECIAL, true)) {
            return 'border';
        }
        // geo answers on 8120 with a plain text body
        return trim($this->http->get(self::ENDPOINT . '?zip=' . $postalCode, $this->timeout));
    }
}
