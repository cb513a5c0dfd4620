package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.io.Safetensors;
import dev.leeway.io.SafetensorsWriter;
import dev.leeway.io.Sha256;
import dev.leeway.io.StoredTensor;
import dev.leeway.io.StoredType;
import dev.leeway.model.Batch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * {@link ReferenceLogProbs} in a file, so that a run that is continued, or started again, does not compute them again. The file says which
 * weights, configuration, number type, temperature and back end they were computed with, for which rows, and carries a checksum. One that
 * is torn or belongs to another run is replaced, with a sentence.
 *
 * <p>Format: safetensors; {@code keys} (S) I64, ascending; {@code lengths} (S) I32; {@code log_probs} (Σ lengths) F32, sequence after
 * sequence.
 *
 * @param file where it lies
 * @param notes hears why a file that is there was not used
 */
public record ReferenceCache(Path file, Consumer<String> notes) {

    private static final String KEYS = "keys";
    private static final String LENGTHS = "lengths";
    private static final String LOG_PROBS = "log_probs";
    private static final String CHECKSUM = "sha256";
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /**
     * The log-probs of the file if they are those that {@link ReferenceLogProbs#compute} would give; else they are computed and the file is
     * written. The source's weights must be the reference's at this moment.
     */
    public ReferenceLogProbs get(ReferenceModel source, double temperature, Iterable<Batch> batches) {
        var origin = origin(source, temperature);
        var kept = read(source, temperature, origin, keys(batches));
        if (kept.isPresent()) {
            return kept.get();
        }
        var computed = ReferenceLogProbs.compute(source, temperature, batches);
        write(computed, origin);
        return computed;
    }

    private static Map<String, String> origin(ReferenceModel source, double temperature) {
        return Map.of("format", "reference log-probs 1", "weights", source.fingerprint(), "configuration",
            Sha256.of(source.model().config().toString()), "dtype", source.model().dtype().name(), "temperature",
            Double.toString(temperature), "back end", source.model().device().backend());
    }

    private static long[] keys(Iterable<Batch> batches) {
        var keys = new TreeSet<Long>();
        for (var batch : batches) {
            for (int s = 0; s < batch.sequences(); s++) {
                keys.add(ReferenceLogProbs.key(batch, s));
            }
        }
        return keys.stream().mapToLong(Long::longValue).toArray();
    }

    private Optional<ReferenceLogProbs> read(ReferenceModel source, double temperature, Map<String, String> origin, long[] keys) {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try (var stored = Safetensors.open(file)) {
            requireIntact(stored);
            for (var name : new TreeSet<>(origin.keySet())) {
                if (!origin.get(name).equals(stored.metadata().get(name))) {
                    throw LeewayException.data("it was computed with another %s", name.equals("weights") ? "model" : name);
                }
            }
            if (!Arrays.equals(keys, stored.require(KEYS).data().toArray(I64))) {
                throw LeewayException.data("it was computed for other rows");
            }
            return Optional.of(load(source, temperature, stored, keys));
        } catch (LeewayException unusable) {
            notes.accept("%s is not used: %s; the reference's log-probs are computed again".formatted(file, unusable.getMessage()));
            return Optional.empty();
        }
    }

    private static void requireIntact(Safetensors stored) {
        if (!checksum(List.copyOf(stored.tensors()), stored.metadata()).equals(stored.metadata().get(CHECKSUM))) {
            throw LeewayException.data("its checksum is wrong");
        }
    }

    private static ReferenceLogProbs load(ReferenceModel source, double temperature, Safetensors stored, long[] keys) {
        var lengths = stored.require(LENGTHS).data().toArray(I32);
        var values = stored.require(LOG_PROBS).toFloats();
        var found = new TreeMap<Long, float[]>();
        int first = 0;
        for (int i = 0; i < keys.length; i++) {
            found.put(keys[i], Arrays.copyOfRange(values, first, first + lengths[i]));
            first += lengths[i];
        }
        return new ReferenceLogProbs(source.model(), temperature, found);
    }

    private void write(ReferenceLogProbs computed, Map<String, String> origin) {
        var logProbs = computed.logProbs();
        var lengths = Arrays.stream(logProbs).mapToInt(values -> values.length).toArray();
        var values = new float[Arrays.stream(lengths).sum()];
        int first = 0;
        for (var some : logProbs) {
            System.arraycopy(some, 0, values, first, some.length);
            first += some.length;
        }
        long sequences = lengths.length;
        var keys = MemorySegment.ofArray(new byte[Math.multiplyExact(lengths.length, Long.BYTES)]);
        MemorySegment.copy(computed.keys(), 0, keys, I64, 0, lengths.length);
        var counts = MemorySegment.ofArray(new byte[Math.multiplyExact(lengths.length, Integer.BYTES)]);
        MemorySegment.copy(lengths, 0, counts, I32, 0, lengths.length);
        var tensors = List.of(new StoredTensor(KEYS, StoredType.I64, List.of(sequences), keys),
            new StoredTensor(LENGTHS, StoredType.I32, List.of(sequences), counts),
            StoredTensor.ofFloats(LOG_PROBS, List.of((long) values.length), values));
        var metadata = new TreeMap<>(origin);
        metadata.put(CHECKSUM, checksum(tensors, origin));
        SafetensorsWriter.write(file, tensors, metadata);
    }

    /** SHA-256 over what the file says of itself, but for this sum, and over its tensors in their order. */
    private static String checksum(List<StoredTensor> tensors, Map<String, String> metadata) {
        var sum = new Sha256();
        var said = new TreeMap<>(metadata);
        said.remove(CHECKSUM);
        sum.addBytes(said.toString());
        for (var tensor : tensors) {
            sum.addBytes(tensor.name() + tensor.type() + tensor.shape());
            sum.addBytes(tensor.data());
        }
        return sum.hex();
    }
}
