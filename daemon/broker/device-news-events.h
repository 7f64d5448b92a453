/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_DEVICE_NEWS_EVENTS_H
#define DAEMON_DEVICE_NEWS_EVENTS_H

/* What the broker does by the word of a device. The argument is the broker. */

#include "device-news.h"

extern const struct device_news_ops broker_device_news_ops;

#endif
