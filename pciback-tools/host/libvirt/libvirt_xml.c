/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "libvirt/libvirt_xml.h"

#include <ctype.h>
#include <errno.h>
#include <libxml/xmlreader.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/library.h"

#define OPTIONS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)

static struct {
    xmlTextReaderPtr (*open)(const char *, int, const char *, const char *, int);
    void (*close)(xmlTextReaderPtr);
    int (*read)(xmlTextReaderPtr);
    int (*type)(xmlTextReaderPtr);
    int (*depth)(xmlTextReaderPtr);
    const xmlChar *(*name)(xmlTextReaderPtr);
    const xmlChar *(*value)(xmlTextReaderPtr);
    int (*attribute)(xmlTextReaderPtr, const xmlChar *);
    int (*element)(xmlTextReaderPtr);
} xml;

static const struct library_symbol symbols[] = {
    { "xmlReaderForMemory", (void **)&xml.open },
    { "xmlFreeTextReader", (void **)&xml.close },
    { "xmlTextReaderRead", (void **)&xml.read },
    { "xmlTextReaderNodeType", (void **)&xml.type },
    { "xmlTextReaderDepth", (void **)&xml.depth },
    { "xmlTextReaderConstLocalName", (void **)&xml.name },
    { "xmlTextReaderConstValue", (void **)&xml.value },
    { "xmlTextReaderMoveToAttribute", (void **)&xml.attribute },
    { "xmlTextReaderMoveToElement", (void **)&xml.element },
};

/* Its soname changed with 2.14, the functions above did not. */
static bool open_library(void)
{
    return xml.open || library_open("libxml2.so.2", symbols, ARRAY_LEN(symbols)) ||
           library_open("libxml2.so.16", symbols, ARRAY_LEN(symbols));
}

/* The elements that are read, from the outside in; every other element is PLACE_OTHER. */
enum place { PLACE_OTHER, PLACE_DOMAIN, PLACE_UUID, PLACE_DEVICES, PLACE_DEVICE, PLACE_SOURCE };

#define DEPTH_MAX 16

struct reading {
    xmlTextReaderPtr reader;
    enum place places[DEPTH_MAX];   /* of the open elements */
    struct libvirt_xml *ret;
    bool domain;
};

static bool attribute_is(xmlTextReaderPtr reader, const char *name, const char *value)
{
    bool is = xml.attribute(reader, (const xmlChar *)name) > 0 &&
              !strcmp((const char *)xml.value(reader), value);

    xml.element(reader);
    return is;
}

static enum place place_of(const struct reading *in, const char *name, int depth)
{
    enum place outer = depth ? in->places[depth - 1] : PLACE_OTHER;

    if (!strcmp(name, "domain") && depth < 2)
        return PLACE_DOMAIN;
    if (outer == PLACE_DOMAIN)
        return !strcmp(name, "uuid") ? PLACE_UUID
               : !strcmp(name, "devices") ? PLACE_DEVICES : PLACE_OTHER;
    if (outer == PLACE_DEVICES)
        return (!strcmp(name, "hostdev") && attribute_is(in->reader, "type", "pci")) ||
               (!strcmp(name, "interface") && attribute_is(in->reader, "type", "hostdev"))
                   ? PLACE_DEVICE : PLACE_OTHER;
    return outer == PLACE_DEVICE && !strcmp(name, "source") ? PLACE_SOURCE : PLACE_OTHER;
}

/* Both "0x02" and "2" are in use; 0 for an attribute that is not there. */
static bool read_number(xmlTextReaderPtr reader, const char *name, unsigned long max,
                        unsigned long *ret)
{
    bool there = xml.attribute(reader, (const xmlChar *)name) > 0;
    const char *text = there ? (const char *)xml.value(reader) : "0";
    char *end;

    *ret = strtoul(text, &end, 0);
    there = isdigit((unsigned char)*text) && !*end && *ret <= max;
    xml.element(reader);
    return there;
}

static int read_address(struct reading *in, struct err *e)
{
    struct libvirt_xml *ret = in->ret;
    unsigned long segment, bus, slot, func;

    if (!read_number(in->reader, "domain", UINT32_MAX, &segment) ||
        !read_number(in->reader, "bus", 0xff, &bus) ||
        !read_number(in->reader, "slot", 0x1f, &slot) ||
        !read_number(in->reader, "function", 7, &func))
        return err_set(e, XV_CANNOT, EBADMSG, "a device in it has no address");
    if (ARRAY_GROW(ret->devices, ret->n))
        return err_nomem(e);
    ret->devices[ret->n++] = (struct bdf){ (uint32_t)segment, (uint8_t)bus, (uint8_t)slot,
                                           (uint8_t)func };
    return 0;
}

static void read_uuid(struct reading *in)
{
    snprintf(in->ret->uuid, sizeof(in->ret->uuid), "%s", (const char *)xml.value(in->reader));
    for (char *c = in->ret->uuid; *c; c++)
        *c = (char)tolower((unsigned char)*c);
}

static int read_node(struct reading *in, struct err *e)
{
    int type = xml.type(in->reader), depth = xml.depth(in->reader);
    enum place outer = depth > 0 && depth <= DEPTH_MAX ? in->places[depth - 1] : PLACE_OTHER;
    const char *name;

    if (type == XML_READER_TYPE_TEXT && outer == PLACE_UUID)
        read_uuid(in);
    if (type != XML_READER_TYPE_ELEMENT || depth < 0 || depth >= DEPTH_MAX)
        return 0;
    name = (const char *)xml.name(in->reader);
    in->places[depth] = place_of(in, name, depth);
    in->domain |= in->places[depth] == PLACE_DOMAIN;
    return outer == PLACE_SOURCE && !strcmp(name, "address") ? read_address(in, e) : 0;
}

int libvirt_xml_read(const char *text, size_t len, struct libvirt_xml *ret, struct err *e)
{
    struct reading in = { .ret = ret };
    int r = 0, more;

    *ret = (struct libvirt_xml){ .n = 0 };
    if (!open_library())
        return err_set(e, XV_CANNOT, ENOSYS, "libxml2 is missing");
    in.reader = xml.open(text, (int)len, NULL, NULL, OPTIONS);
    if (!in.reader)
        return err_nomem(e);
    while ((more = xml.read(in.reader)) > 0 && !r)
        r = read_node(&in, e);
    xml.close(in.reader);
    if (!r && (more < 0 || !in.domain))
        r = err_set(e, XV_CANNOT, EBADMSG, "it is not libvirt's XML of a guest");
    return r;
}
