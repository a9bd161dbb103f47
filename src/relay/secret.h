/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RELAY_SECRET_H
#define RELAY_SECRET_H

#endif
