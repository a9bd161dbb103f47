/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RELAY_SESSION_H
#define RELAY_SESSION_H

#endif
