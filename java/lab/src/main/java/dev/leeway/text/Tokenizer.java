package dev.leeway.text;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.leeway.LeewayException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongFunction;

/**
 * Text to token ids and back, as a {@code tokenizer.json} says: the reference implementation (Hugging Face {@code tokenizers}) does the
 * work, and where it is sure to cut between words it is asked for each word once.
 * Padding and truncation are off whatever the file asks for, decoded text is left as it comes (no clean-up of spaces), and nothing
 * is ever fetched from the network.
 *
 * <p>Special tokens are added exactly where the file's post-processor puts them; {@code add_bos_token} in {@code tokenizer_config.json}
 * is not consulted. A half surrogate pair, which no UTF-8 text can hold, is read as U+FFFD.
 *
 * <p>Any number of threads may use one tokenizer. {@link #close} waits for calls in progress; later calls are refused.
 */
public final class Tokenizer implements AutoCloseable {

    private final Path source;
    private final TokenizerFile file;
    private final SequenceTokens sequence;
    private final TokenizersLibrary library = NativeTokenizers.library();
    private final TextEncoder encoder;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private long handle;

    private Tokenizer(Path source, String json) {
        this.source = source;
        this.file = TokenizerFile.parse(source, json);
        this.sequence = SequenceTokens.read(source.toAbsolutePath().getParent(), file.ids());
        this.handle = create(json);
        this.encoder = encoder();
    }

    /**
     * Loads a tokenizer.
     *
     * @param path a {@code tokenizer.json}, or the model folder that holds one; {@code tokenizer_config.json},
     *             {@code generation_config.json} and {@code config.json} beside it are read where they exist
     * @throws LeewayException if the file is missing or is not a tokenizer
     */
    public static Tokenizer load(Path path) {
        Path source = Files.isDirectory(path) ? path.resolve("tokenizer.json") : path;
        return new Tokenizer(source, TokenizerFile.text(source));
    }

    private long create(String json) {
        long created;
        try {
            created = library.createTokenizerFromString(json);
        } catch (RuntimeException e) {
            throw LeewayException.data(e, "%s is not a tokenizer.json that can be loaded: %s", source, e.getMessage());
        }
        library.disablePadding(created);
        library.disableTruncation(created);
        return created;
    }

    private TextEncoder encoder() {
        try {
            return TextEncoder.of(file, this::encodeWhole);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** The ids of a text; with {@code addSpecialTokens} also what the file's post-processor adds, such as begin-of-sequence. */
    public int[] encode(String text, boolean addSpecialTokens) {
        return encoder.encode(withoutHalfPairs(text), addSpecialTokens);
    }

    /** The ids of each text, in order and equal to those of {@link #encode}; the texts are shared out over all cores. */
    public List<int[]> encodeBatch(List<String> texts, boolean addSpecialTokens) {
        return texts.parallelStream().map(text -> encode(text, addSpecialTokens)).toList();
    }

    /**
     * The ids of a text, and where places of it are among them.
     *
     * @param places in characters, rising, each less than the text's length; what stands before one is found in the ids as its own
     *               encoding begins, without what a post-processor puts behind a text
     */
    public CutText encodeCut(String text, int[] places, boolean addSpecialTokens) {
        return encoder.encode(withoutHalfPairs(text), places, addSpecialTokens);
    }

    /** The reference's own answer for a text that is whole UTF-16. */
    int[] encodeWhole(String text, boolean addSpecialTokens) {
        String whole = withoutHalfPairs(text);
        return withHandle(tokenizer -> takeIds(library.encode(tokenizer, whole, addSpecialTokens)));
    }

    /** The text of some ids. Ids that name no token are left out; with {@code skipSpecialTokens} so are special tokens. */
    public String decode(int[] ids, boolean skipSpecialTokens) {
        long[] wide = Arrays.stream(ids).asLongStream().toArray();
        return withHandle(tokenizer -> library.decode(tokenizer, wide, skipSpecialTokens));
    }

    /** A decoder that turns ids into text one at a time. */
    public StreamDecoder streamDecoder(boolean skipSpecialTokens) {
        return new StreamDecoder(this, skipSpecialTokens);
    }

    /** How many different tokens there are, added ones included. The model's embedding may have more rows. */
    public int vocabSize() {
        return file.ids().size();
    }

    /** The id of a token as the vocabulary spells it (a byte-level one writes a space as {@code Ġ}). */
    public OptionalInt tokenToId(String token) {
        Integer id = file.ids().get(token);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /** The token that a sequence starts with: {@code bos_token}, or else {@code bos_token_id} of the model's configuration. */
    public OptionalInt beginOfSequence() {
        return sequence.begin();
    }

    /** The token that ends a finished text: {@code eos_token}, or else {@code eos_token_id} of the model's configuration. */
    public OptionalInt endOfSequence() {
        return sequence.end();
    }

    /** {@code pad_token}, or else {@link #endOfSequence}, as TRL chooses it; nothing here pads, but a saved reward model names it. */
    public OptionalInt padding() {
        return sequence.padding().isPresent() ? sequence.padding() : sequence.end();
    }

    /** Every token that ends a generation: {@link #endOfSequence} and the {@code eos_token_id} of the model's configuration. */
    public Set<Integer> endIds() {
        return sequence.ends();
    }

    /** Whether the id is an added token marked as special. */
    public boolean isSpecial(int id) {
        return has(file.special(), id);
    }

    /** The {@code tokenizer.json} this was loaded from. */
    public Path source() {
        return source;
    }

    /** Frees the native memory. Closing twice is harmless. */
    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            if (handle != 0) {
                library.deleteTokenizer(handle);
                handle = 0;
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    boolean isKnown(int id) {
        return has(file.known(), id);
    }

    /** Whether the token is one byte whose meaning depends on the byte tokens around it. */
    boolean isByte(int id) {
        return has(file.bytes(), id);
    }

    private static boolean has(BitSet set, int id) {
        return id >= 0 && set.get(id);
    }

    private <T> T withHandle(LongFunction<T> call) {
        lock.readLock().lock();
        try {
            if (handle == 0) {
                throw new IllegalStateException("the tokenizer of " + source + " is closed");
            }
            return call.apply(handle);
        } catch (LeewayException e) {
            throw e;
        } catch (RuntimeException e) {
            throw e.getClass() == RuntimeException.class ? refusal(e) : e; // the library's own failures have no type of their own
        } finally {
            lock.readLock().unlock();
        }
    }

    private LeewayException refusal(RuntimeException e) {
        return LeewayException.data(e, "%s can't be worked with: %s", source,
                String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given"));
    }

    private int[] takeIds(long encoding) {
        try {
            long[] wide = library.getTokenIds(encoding);
            int[] ids = new int[wide.length];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = checkedId(wide[i]);
            }
            return ids;
        } finally {
            library.deleteEncoding(encoding);
        }
    }

    /** A template of the file may hold any 32-bit number. */
    private int checkedId(long id) {
        if (id > Integer.MAX_VALUE) {
            throw LeewayException.data("%s puts the id %d before or after a text; no token has it", source, id);
        }
        return (int) id;
    }

    /** The text with half surrogate pairs replaced; also the null check that the native side lacks. */
    private static String withoutHalfPairs(String text) {
        int first = 0;
        while (first < text.length() && !Character.isSurrogate(text.charAt(first))) {
            first++;
        }
        if (first == text.length() || text.codePoints().noneMatch(Tokenizer::isHalfPair)) {
            return text;
        }
        return text.codePoints().map(c -> isHalfPair(c) ? 0xFFFD : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
    }

    private static boolean isHalfPair(int codePoint) {
        return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    }
}
