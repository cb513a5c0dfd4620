package dev.leeway.fuzz;

import dev.leeway.LeewayException;
import dev.leeway.io.Safetensors;
import dev.leeway.io.StoredTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Any bytes as a safetensors file: its tensors can be read, or it is refused with a sentence. A fuzzer's target; see profile fuzz. */
public final class SafetensorsFuzz {

    private static final FuzzFile FILE = new FuzzFile();

    private SafetensorsFuzz() {}

    /** Half of the inputs get the length that their header has, which chance would seldom give. */
    public static void fuzzerTestOneInput(byte[] input) {
        byte[] content = input;
        int end = indexOfEnd(input);
        if (input.length > 8 && (input[0] & 1) == 1 && end > 8) {
            content = input.clone();
            ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).putLong(0, end - 8);
        }
        try (Safetensors file = Safetensors.open(FILE.with("model.safetensors", content))) {
            long bytes = 0;
            for (StoredTensor tensor : file.tensors()) {
                bytes += tensor.data().byteSize();
                if (tensor.type().isFloating()) {
                    tensor.toDoubles();
                }
            }
            if (bytes > content.length) {
                throw new IllegalStateException("tensors of " + bytes + " bytes in a file of " + content.length + ": "
                        + Arrays.toString(content));
            }
        } catch (LeewayException refused) {
            Refusal.check(refused);
        }
    }

    /** After the last closing brace. */
    private static int indexOfEnd(byte[] input) {
        int end = input.length;
        while (end > 0 && input[end - 1] != '}') {
            end--;
        }
        return end;
    }
}
