/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/document.h"

void document_step(struct json *json, const char *step, const char *object, const char *undo,
                   const char *text)
{
    json_object(json, NULL);
    json_str(json, "step", step);
    json_str(json, "object", object);
    json_str(json, "undo", undo);
    json_str(json, "text", text);
    json_end_object(json);
}

void document_place(struct json *json, unsigned vslot, unsigned vfunc)
{
    if (vslot)
        json_strf(json, "vslot", "0x%02x", vslot);
    else
        json_null(json, "vslot");
    json_int(json, "vfunc", vfunc);
}

void document_result(struct json *json, const char *bdf, const char *status, unsigned vslot,
                     unsigned vfunc, const char *message)
{
    json_str(json, "bdf", bdf);
    json_str(json, "status", status);
    document_place(json, vslot, vfunc);
    json_str(json, "message", message);
}

void document_domain(struct json *json, unsigned domid, const char *name)
{
    json_object(json, "domain");
    json_int(json, "id", domid);
    json_str(json, "name", name);
    json_end_object(json);
}
