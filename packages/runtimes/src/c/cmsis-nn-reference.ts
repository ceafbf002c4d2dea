/**
 * A stand-in for CMSIS-NN in tests: the functions that generated C calls, with the library's published
 * prototypes and arithmetic, written as plain loops. It refuses the layers that one of the library's builds
 * computes differently, and requires as much working memory as the build that needs most. No package registry
 * carries the library itself; GHOSTC_CMSIS_NN links it instead.
 */
export const cmsisReferenceFiles: ReadonlyMap<string, string> = new Map([
  [
    'arm_nnfunctions.h',
    `#ifndef ARM_NNFUNCTIONS_H
#define ARM_NNFUNCTIONS_H
#include <stdint.h>
typedef enum {
  ARM_CMSIS_NN_SUCCESS = 0, ARM_CMSIS_NN_ARG_ERROR = -1, ARM_CMSIS_NN_NO_IMPL_ERROR = -2, ARM_CMSIS_NN_FAILURE = -3
} arm_cmsis_nn_status;
typedef struct { int32_t w, h; } cmsis_nn_tile;
typedef struct { void *buf; int32_t size; } cmsis_nn_context;
typedef struct { int32_t n, h, w, c; } cmsis_nn_dims;
typedef struct { int32_t *multiplier; int32_t *shift; } cmsis_nn_per_channel_quant_params;
typedef struct { int32_t min, max; } cmsis_nn_activation;
typedef struct {
  int32_t input_offset, output_offset;
  cmsis_nn_tile stride, padding, dilation;
  cmsis_nn_activation activation;
} cmsis_nn_conv_params;
typedef struct {
  int32_t input_offset, output_offset, ch_mult;
  cmsis_nn_tile stride, padding, dilation;
  cmsis_nn_activation activation;
} cmsis_nn_dw_conv_params;
#define LAYER(wrapper, params) \\
  arm_cmsis_nn_status wrapper(const cmsis_nn_context *, const params *, const cmsis_nn_per_channel_quant_params *, \\
    const cmsis_nn_dims *, const int8_t *, const cmsis_nn_dims *, const int8_t *, const cmsis_nn_dims *, \\
    const int32_t *, const cmsis_nn_dims *, int8_t *); \\
  int32_t wrapper##_get_buffer_size(const params *, const cmsis_nn_dims *, const cmsis_nn_dims *, const cmsis_nn_dims *);
LAYER(arm_convolve_wrapper_s8, cmsis_nn_conv_params)
LAYER(arm_depthwise_conv_wrapper_s8, cmsis_nn_dw_conv_params)
arm_cmsis_nn_status arm_elementwise_add_s8(const int8_t *, const int8_t *, int32_t, int32_t, int32_t, int32_t, int32_t,
  int32_t, int32_t, int8_t *, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t);
#endif
`,
  ],
  [
    'cmsis_nn_reference.c',
    `#include "arm_nnfunctions.h"
#include <string.h>
#ifndef REFERENCE_WORK
#define REFERENCE_WORK 0
#endif
static int32_t scaled(int32_t v, int32_t m, int32_t shift) {
#if defined(CMSIS_NN_USE_SINGLE_ROUNDING)
  return (int32_t)(((int64_t)v * m + ((int64_t)1 << (30 - shift))) >> (31 - shift));
#else
  const int32_t left = shift > 0 ? shift : 0, right = shift > 0 ? 0 : -shift;
  const int64_t product = (int64_t)v * ((int64_t)1 << left) * m;
  const int32_t high = (int32_t)((product + (1 << 30)) >> 31);
  const int32_t mask = (int32_t)(((int64_t)1 << right) - 1);
  return (high >> right) + ((high & mask) > (mask >> 1) + (high < 0));
#endif
}
static int8_t limited(int32_t v, int32_t low, int32_t high) { return (int8_t)(v < low ? low : v > high ? high : v); }
typedef struct {
  int32_t x_offset, y_offset, per_input; /* per_input 0: all inputs to all outputs */
  cmsis_nn_tile stride, padding, dilation;
  cmsis_nn_activation limits;
} layer;
typedef struct { const int8_t *x, *w; const int32_t *b; int8_t *y; } data;
static arm_cmsis_nn_status windows(const layer *l, const cmsis_nn_per_channel_quant_params *q, const cmsis_nn_dims *in,
  const cmsis_nn_dims *filter, const cmsis_nn_dims *out, data d) {
  const int32_t inputs = l->per_input ? 1 : in->c;
  for (int32_t n = 0; n < in->n; n++)
    for (int32_t i = 0; i < out->h; i++)
      for (int32_t j = 0; j < out->w; j++)
        for (int32_t m = 0; m < out->c; m++) {
          int32_t sum = d.b[m];
          for (int32_t u = 0; u < filter->h; u++)
            for (int32_t v = 0; v < filter->w; v++) {
              const int32_t row = i * l->stride.h - l->padding.h + u * l->dilation.h;
              const int32_t column = j * l->stride.w - l->padding.w + v * l->dilation.w;
              if (row < 0 || row >= in->h || column < 0 || column >= in->w) continue;
              for (int32_t c = 0; c < inputs; c++) {
                const int32_t from = l->per_input ? m / l->per_input : c;
                const int32_t tap = u * filter->w + v;
                const int8_t w = l->per_input ? d.w[tap * out->c + m] : d.w[(m * filter->h * filter->w + tap) * in->c + c];
                sum += (d.x[((n * in->h + row) * in->w + column) * in->c + from] + l->x_offset) * w;
              }
            }
          const int32_t y = scaled(sum, q->multiplier[m], q->shift[m]) + l->y_offset;
          d.y[((n * out->h + i) * out->w + j) * out->c + m] = limited(y, l->limits.min, l->limits.max);
        }
  return ARM_CMSIS_NN_SUCCESS;
}
/* 1x1 without padding left and top: no padding at all. A row over a row: Helium's function is right without padding. */
static int conv_fits(const layer *l, const cmsis_nn_dims *in, const cmsis_nn_dims *filter, const cmsis_nn_dims *out) {
  const int32_t y = (out->h - 1) * l->stride.h - l->padding.h, x = (out->w - 1) * l->stride.w - l->padding.w;
  if (filter->h * filter->w == 1 && l->padding.h == 0 && l->padding.w == 0) return y < in->h && x < in->w;
  return in->h > 1 || filter->h > 1 || (out->h == 1 && l->padding.w == 0 && x + filter->w == in->w);
}
/* 3x3: the middle column is read everywhere. Other kernels: rows above and below are cleared as if windows touched the image. */
static int dw_fits(const layer *l, const cmsis_nn_dims *in, const cmsis_nn_dims *filter, const cmsis_nn_dims *out) {
  const int32_t y = (out->h - 1) * l->stride.h - l->padding.h, x = (out->w - 1) * l->stride.w - l->padding.w;
  if (in->c == 1 && !conv_fits(l, in, filter, out)) return 0;
  if (l->per_input > 1 || l->dilation.h > 1 || l->dilation.w > 1) return 1;
  if (filter->h == 3 && filter->w == 3 && l->padding.h <= 1 && l->padding.w <= 1) return x + 1 < in->w;
  return l->padding.h <= filter->h && y <= in->h;
}
static int32_t conv_work(const cmsis_nn_dims *in, const cmsis_nn_dims *filter, const cmsis_nn_dims *out) {
  (void)out;
  return 64 * ((in->c * filter->h * filter->w + 15) / 16);
}
static int32_t dw_work(const cmsis_nn_dims *in, const cmsis_nn_dims *filter, const cmsis_nn_dims *out) {
  const int32_t taps = filter->h * filter->w, channels = 2 * in->c > 496 ? 2 * in->c : 496;
  const int32_t as_conv = in->c == 1 ? conv_work(in, filter, out) + taps * out->c : 0;
  return taps * channels > as_conv ? taps * channels : as_conv;
}
#define DEFINE(wrapper, params, multiplier, kind) \\
  int32_t wrapper##_get_buffer_size(const params *p, const cmsis_nn_dims *in, const cmsis_nn_dims *filter, \\
    const cmsis_nn_dims *out) { \\
    (void)p; \\
    return REFERENCE_WORK ? REFERENCE_WORK : kind##_work(in, filter, out); \\
  } \\
  arm_cmsis_nn_status wrapper(const cmsis_nn_context *context, const params *p, \\
    const cmsis_nn_per_channel_quant_params *q, const cmsis_nn_dims *in, const int8_t *x, const cmsis_nn_dims *filter, \\
    const int8_t *w, const cmsis_nn_dims *bias, const int32_t *b, const cmsis_nn_dims *out, int8_t *y) { \\
    const layer l = {p->input_offset, p->output_offset, multiplier, p->stride, p->padding, p->dilation, p->activation}; \\
    const data d = {x, w, b, y}; \\
    if (bias->c != out->c || p->input_offset < -127 || p->input_offset > 128) return ARM_CMSIS_NN_ARG_ERROR; \\
    if (!kind##_fits(&l, in, filter, out)) return ARM_CMSIS_NN_FAILURE; \\
    memset(context->buf, 0x5a, (size_t)wrapper##_get_buffer_size(p, in, filter, out)); \\
    return windows(&l, q, in, filter, out, d); \\
  }
DEFINE(arm_convolve_wrapper_s8, cmsis_nn_conv_params, 0, conv)
DEFINE(arm_depthwise_conv_wrapper_s8, cmsis_nn_dw_conv_params, p->ch_mult, dw)
arm_cmsis_nn_status arm_elementwise_add_s8(const int8_t *a, const int8_t *b, int32_t a_offset, int32_t a_mult,
  int32_t a_shift, int32_t b_offset, int32_t b_mult, int32_t b_shift, int32_t left, int8_t *y, int32_t y_offset,
  int32_t y_mult, int32_t y_shift, int32_t low, int32_t high, int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    const int32_t p = scaled((a[i] + a_offset) * (1 << left), a_mult, a_shift);
    const int32_t q = scaled((b[i] + b_offset) * (1 << left), b_mult, b_shift);
    y[i] = limited(scaled(p + q, y_mult, y_shift) + y_offset, low, high);
  }
  return ARM_CMSIS_NN_SUCCESS;
}
`,
  ],
]);
