/* Encodes the lines of a file in turn with libqrcodegen: file, encodes. Prints the last symbol's
 * version. The library chooses the mask; level M, no boost. */

#include <qrcodegen/qrcodegen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINES 64
#define MAX_LENGTH 1024

int main(int argc, char **argv)
{
    static char lines[MAX_LINES][MAX_LENGTH];
    static uint8_t code[qrcodegen_BUFFER_LEN_MAX], scratch[qrcodegen_BUFFER_LEN_MAX];
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
        if (!qrcodegen_encodeText(lines[i % count], scratch, code, qrcodegen_Ecc_MEDIUM, 1, 40,
                                  qrcodegen_Mask_AUTO, false))
            return 1;
        version = (qrcodegen_getSize(code) - 17) / 4;
    }
    printf("%d\n", version);
    return 0;
}
