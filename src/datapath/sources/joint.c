/* SPDX-License-Identifier: BSD-3-Clause */
/* A list of the few objects there are, under one lock: opening and closing are rare. */
#include "datapath/sources/joint.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/log.h"

struct joint {
	LIST_ENTRY(joint) link;
	const struct joint_kind *kind;
	const struct guest *guest;
	unsigned char key[JOINT_KEY_BYTES];
	unsigned int users;
	void *object;
};

static LIST_HEAD(, joint) joints = LIST_HEAD_INITIALIZER(joints);
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct joint *
find(const struct joint_kind *kind, const struct guest *guest, const void *key)
{
	struct joint *joint;

	LIST_FOREACH(joint, &joints, link)
	if (joint->kind == kind && joint->guest == guest &&
	    !memcmp(joint->key, key, kind->key_bytes))
		return joint;
	return NULL;
}

static int
make(const struct joint_kind *kind, const struct guest *guest, const void *key, struct joint **made)
{
	struct joint *joint = calloc(1, sizeof(*joint));
	int error;

	if (!joint) {
		log_error("what queue pairs have in common: not enough memory");
		return -ENOMEM;
	}
	error = kind->open(guest, key, &joint->object);
	if (error) {
		free(joint);
		return error;
	}
	joint->kind = kind;
	joint->guest = guest;
	memcpy(joint->key, key, kind->key_bytes);
	LIST_INSERT_HEAD(&joints, joint, link);
	*made = joint;
	return 0;
}

int
joint_get(const struct joint_kind *kind, const struct guest *guest, const void *key, void **object)
{
	int error = 0;

	pthread_mutex_lock(&lock);
	struct joint *joint = find(kind, guest, key);

	if (!joint)
		error = make(kind, guest, key, &joint);
	if (!error) {
		joint->users++;
		*object = joint->object;
	}
	pthread_mutex_unlock(&lock);
	return error;
}

void
joint_put(void *object)
{
	struct joint *joint;

	pthread_mutex_lock(&lock);
	LIST_FOREACH(joint, &joints, link)
	if (joint->object == object)
		break;
	if (joint && !--joint->users) {
		LIST_REMOVE(joint, link);
		joint->kind->close(joint->object);
		free(joint);
	}
	pthread_mutex_unlock(&lock);
}
