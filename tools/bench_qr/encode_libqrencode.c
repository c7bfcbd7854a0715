/* Encodes the lines of a file in turn with libqrencode: file, encodes. Prints the last symbol's
 * version. The library chooses segments and mask; level M, no boost. */

#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINES 64
#define MAX_LENGTH 1024

int main(int argc, char **argv)
{
    static char lines[MAX_LINES][MAX_LENGTH];
    int count = 0, version = 0;
    FILE *file = argc == 3 ? fopen(argv[1], "r") : NULL;

    if (!file)
        return 2;
    while (count < MAX_LINES && fgets(lines[count], MAX_LENGTH, file)) {
        lines[count][strcspn(lines[count], "\n")] = 0;
        count++;
    }
    fclose(file);
    for (int i = 0; i < atoi(argv[2]); i++) {
        QRcode *code = QRcode_encodeString(lines[i % count], 0, QR_ECLEVEL_M, QR_MODE_8, 1);
        if (!code)
            return 1;
        version = code->version;
        QRcode_free(code);
    }
    printf("%d\n", version);
    return 0;
}
