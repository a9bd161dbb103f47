<?php
// SPDX-License-Identifier: GPL-3.0-or-later
// Two mails as an application of Symfony sends them, by the command that is
// given: symfony.php 'sendmail -bs'. Prints "sent" or the exception of each.
require 'Symfony/Component/Mailer/autoload.php';

use Symfony\Component\Mailer\Mailer;
use Symfony\Component\Mailer\Transport\SendmailTransport;
use Symfony\Component\Mime\Email;

$mailer = new Mailer(new SendmailTransport($argv[1]));
foreach (['a@example.net', 'b@example.net'] as $to) {
	$mail = (new Email())->from('Web Shop <shop@example.com>')->to($to)
	    ->bcc('hidden@example.net')->subject('网络')
	    ->text(".\n..two\n你好\n")->attach('x', 'x.bin');
	try {
		$mailer->send($mail);
		print "sent\n";
	} catch (\Throwable $e) {
		print $e->getMessage() . "\n";
	}
}
