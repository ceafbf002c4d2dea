#!/bin/sh
# The compiler that this file is named after, through ccache: `npm test` puts it into the PATH. ccache loses the files of -fcallgraph-info.
compiler=$(basename "$0")
PATH=$GHOSTC_COMPILERS_PATH
export PATH
case " $* " in
*' -fcallgraph-info'*) exec "$compiler" "$@" ;;
*) exec ccache "$compiler" "$@" ;;
esac
