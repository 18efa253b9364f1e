// The computer's files, read-only and by their own paths, mounted at the root: where a board has its flash.
#include "py/builtin.h"
#include "py/mperrno.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "extmod/vfs.h"
#include "semihosting.h"

typedef struct {
    mp_obj_base_t base;
    int handle;
} file_t;

static mp_uint_t file_read(mp_obj_t self, void *buffer, mp_uint_t size, int *error) {
    return host_read(((file_t *)MP_OBJ_TO_PTR(self))->handle, buffer, size);
}

static mp_uint_t file_ioctl(mp_obj_t self, mp_uint_t request, uintptr_t argument, int *error) {
    if (request != MP_STREAM_CLOSE) {
        *error = MP_EINVAL;
        return MP_STREAM_ERROR;
    }
    file_t *file = MP_OBJ_TO_PTR(self);
    if (file->handle >= 0) {
        host_close(file->handle);
        file->handle = -1;
    }
    return 0;
}

static const mp_rom_map_elem_t file_table[] = {
    {MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&mp_stream_read_obj)},
    {MP_ROM_QSTR(MP_QSTR_readinto), MP_ROM_PTR(&mp_stream_readinto_obj)},
    {MP_ROM_QSTR(MP_QSTR_readline), MP_ROM_PTR(&mp_stream_unbuffered_readline_obj)},
    {MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&mp_stream_close_obj)},
    {MP_ROM_QSTR(MP_QSTR___enter__), MP_ROM_PTR(&mp_identity_obj)},
    {MP_ROM_QSTR(MP_QSTR___exit__), MP_ROM_PTR(&mp_stream___exit___obj)},
};
static MP_DEFINE_CONST_DICT(file_dict, file_table);

static const mp_stream_p_t binary_stream = {.read = file_read, .ioctl = file_ioctl};
static const mp_stream_p_t text_stream = {.read = file_read, .ioctl = file_ioctl, .is_text = true};
static MP_DEFINE_CONST_OBJ_TYPE(binary_type, MP_QSTR_FileIO, MP_TYPE_FLAG_ITER_IS_STREAM,
    protocol, &binary_stream, locals_dict, &file_dict);
static MP_DEFINE_CONST_OBJ_TYPE(text_type, MP_QSTR_TextIOWrapper, MP_TYPE_FLAG_ITER_IS_STREAM,
    protocol, &text_stream, locals_dict, &file_dict);

static mp_obj_t fs_open(mp_obj_t self, mp_obj_t path, mp_obj_t mode) {
    const char *letters = mp_obj_str_get_str(mode);
    if (letters[0] != 'r' || strchr(letters, '+')) {
        mp_raise_OSError(MP_EROFS);
    }
    const mp_obj_type_t *type = strchr(letters, 'b') ? &binary_type : &text_type;
    int handle = host_open(mp_obj_str_get_str(path));
    if (handle < 0) {
        mp_raise_OSError(MP_ENOENT);
    }
    file_t *file = mp_obj_malloc(file_t, type);
    file->handle = handle;
    return MP_OBJ_FROM_PTR(file);
}
static MP_DEFINE_CONST_FUN_OBJ_3(fs_open_obj, fs_open);

static int exists(const char *path) {
    int handle = host_open(path);
    if (handle >= 0) {
        host_close(handle);
    }
    return handle >= 0;
}

static mp_import_stat_t fs_import_stat(void *self, const char *path) {
    if (!exists(path)) {
        return MP_IMPORT_STAT_NO_EXIST;
    }
    // A folder can be opened like a file, but only a folder has itself inside
    vstr_t inside;
    vstr_init(&inside, strlen(path) + 3);
    vstr_add_str(&inside, path);
    vstr_add_str(&inside, "/.");
    int folder = exists(vstr_null_terminated_str(&inside));
    vstr_clear(&inside);
    return folder ? MP_IMPORT_STAT_DIR : MP_IMPORT_STAT_FILE;
}

static const mp_rom_map_elem_t fs_table[] = {{MP_ROM_QSTR(MP_QSTR_open), MP_ROM_PTR(&fs_open_obj)}};
static MP_DEFINE_CONST_DICT(fs_dict, fs_table);
static const mp_vfs_proto_t fs_protocol = {.import_stat = fs_import_stat};
static MP_DEFINE_CONST_OBJ_TYPE(fs_type, MP_QSTR_VfsHost, MP_TYPE_FLAG_NONE,
    protocol, &fs_protocol, locals_dict, &fs_dict);
static const mp_obj_base_t fs = {&fs_type};

void hostfs_mount(void) {
    mp_vfs_mount_t *mount = m_new_obj(mp_vfs_mount_t);
    *mount = (mp_vfs_mount_t) {.str = "/", .len = 1, .obj = MP_OBJ_FROM_PTR(&fs)};
    MP_STATE_VM(vfs_mount_table) = mount;
    MP_STATE_VM(vfs_cur) = mount;
}
