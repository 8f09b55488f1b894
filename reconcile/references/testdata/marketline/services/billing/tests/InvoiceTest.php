<?php

declare(strict_types=1);

use Marketline\Billing\Invoice;
use PHPUnit\Framework\TestCase;

final class InvoiceTest extends TestCase
{
    public function testTotal(): void
    {
        $invoice = new Invoice(8120);
        $invoice->add('kettle', 7600, 1);
        $invoice->add('lid', 520, 1);

        self::assertSame(8120, $invoice->total());
    }

    public function testLink(): void
    {
        $invoice = new Invoice(31, 'http://localhost:7600');
        self::assertSame('http://localhost:7600/invoices/31', $invoice->link());
    }

    public function testReceiptGoesToNotifier(): void
    {
        $sent = [];
        $invoice = new Invoice(32);
        $invoice->mail(function (string $url) use (&$sent) { $sent[] = $url; });
        self::assertSame(['http://localhost:7600/v1/messages'], $sent);
    }
}
