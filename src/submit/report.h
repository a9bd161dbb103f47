/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SUBMIT_REPORT_H
#define SUBMIT_REPORT_H

#endif
