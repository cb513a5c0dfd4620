package dev.leeway.io;

import static dev.leeway.io.Quote.quote;

import dev.leeway.LeewayException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * The header of a safetensors file, read token by token so that memory stays proportional to the header, and checked until every slot is
 * known to lie inside the buffer, to touch its neighbours, and to be as long as its type and shape say.
 *
 * @param slots    in the order of their bytes
 * @param metadata the {@code __metadata__} object
 */
record SafetensorsHeader(List<Slot> slots, Map<String, String> metadata) {

    /** What one tensor claims; offsets count from the end of the header. */
    record Slot(String name, StoredType type, List<Long> shape, long begin, long end) {
    }

    static final String METADATA = "__metadata__";

    /** No tensor of a language model comes near; without a limit one shape could fill memory. */
    private static final int MOST_DIMENSIONS = 64;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(4).maxNumberLength(40).build())
            .build();

    /** Reads and checks the header {@code json} of {@code file}, whose buffer has {@code bufferBytes} bytes. */
    static SafetensorsHeader read(String file, byte[] json, long bufferBytes) {
        StrictUtf8.require(file + ": the header", json);
        if (json.length == 0 || json[0] != '{') {
            throw LeewayException.data("%s: the header must be a JSON object and begin with {; this is no safetensors file", file);
        }
        try (var parser = JSON.createParser(ObjectReadContext.empty(), json)) {
            var header = new Reading(file, parser).header();
            requireTiling(file, header.slots(), bufferBytes);
            return header;
        } catch (JacksonException malformed) {
            throw LeewayException.data(malformed, "%s: the header is malformed JSON at byte %d: %s", file,
                    8 + Math.max(0, malformed.getLocation() == null ? 0 : malformed.getLocation().getByteOffset()),
                    quote(String.valueOf(malformed.getOriginalMessage())));
        }
    }

    /** Slots in byte order must begin at 0, end at the buffer's end, and leave neither holes nor overlaps. */
    private static void requireTiling(String file, List<Slot> slots, long bufferBytes) {
        for (var slot : slots) {
            if (slot.end() > bufferBytes) {
                throw LeewayException.data("%s: tensor %s ends at byte %d of a buffer of %d bytes; the file is torn, fetch it again",
                        file, quote(slot.name()), slot.end(), bufferBytes);
            }
        }
        long covered = 0;
        for (var slot : slots) {
            if (slot.begin() != covered) {
                throw LeewayException.data("%s: tensor %s begins at byte %d, expected %d: %s", file, quote(slot.name()), slot.begin(),
                        covered, slot.begin() < covered ? "it overlaps the tensor before it" : "there is a hole before it");
            }
            covered = slot.end();
        }
        if (covered != bufferBytes) {
            throw LeewayException.data("%s: the tensors cover %d bytes of a buffer of %d; expected no bytes behind the last tensor",
                    file, covered, bufferBytes);
        }
    }

    /** One pass over the tokens of a header. */
    private record Reading(String file, JsonParser parser) {

        SafetensorsHeader header() {
            var slots = new LinkedHashMap<String, Slot>();
            Optional<Map<String, String>> metadata = Optional.empty();
            parser.nextToken();
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                var name = parser.currentName();
                parser.nextToken();
                if (name.equals(METADATA) ? metadata.isPresent() : slots.containsKey(name)) {
                    throw LeewayException.data("%s: the header names %s twice", file, quote(name));
                }
                if (name.equals(METADATA)) {
                    metadata = Optional.of(metadata());
                } else {
                    slots.put(name, slot(name));
                }
            }
            if (parser.nextToken() != null) {
                throw LeewayException.data("%s: only spaces may follow the header's JSON object", file);
            }
            var ordered = new ArrayList<>(slots.values());
            ordered.sort(Comparator.comparingLong(Slot::begin).thenComparingLong(Slot::end));
            return new SafetensorsHeader(List.copyOf(ordered), metadata.orElse(Map.of()));
        }

        private Map<String, String> metadata() {
            var texts = new LinkedHashMap<String, String>();
            require(parser.currentToken() == JsonToken.START_OBJECT, METADATA, "an object of strings");
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                var key = parser.currentName();
                require(parser.nextToken() == JsonToken.VALUE_STRING, METADATA, "a string at " + quote(key));
                if (texts.put(key, parser.getString()) != null) {
                    throw LeewayException.data("%s: %s names %s twice", file, METADATA, quote(key));
                }
            }
            return Collections.unmodifiableMap(texts);
        }

        private Slot slot(String name) {
            Optional<StoredType> type = Optional.empty();
            Optional<List<Long>> shape = Optional.empty();
            Optional<List<Long>> offsets = Optional.empty();
            require(parser.currentToken() == JsonToken.START_OBJECT, name, "an object with dtype, shape and data_offsets");
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                var field = parser.currentName();
                parser.nextToken();
                switch (field) {
                    case "dtype" -> type = once(name, field, type, type(name));
                    case "shape" -> shape = once(name, field, shape, integers(name, field));
                    case "data_offsets" -> offsets = once(name, field, offsets, integers(name, field));
                    default -> throw LeewayException.data("%s: tensor %s has an unknown field %s; dtype, shape and data_offsets are known",
                            file, quote(name), quote(field));
                }
            }
            require(type.isPresent() && shape.isPresent() && offsets.isPresent(), name, "dtype, shape and data_offsets");
            require(offsets.get().size() == 2, name, "two data_offsets");
            return checked(new Slot(name, type.get(), shape.get(), offsets.get().get(0), offsets.get().get(1)));
        }

        private Slot checked(Slot slot) {
            long expected = StoredTensor.bytes(slot.type(), slot.shape());
            if (expected < 0) {
                throw LeewayException.data("%s: tensor %s: no file can hold shape %s of %s",
                        file, quote(slot.name()), slot.shape(), slot.type());
            }
            if (slot.end() < slot.begin() || slot.end() - slot.begin() != expected) {
                throw LeewayException.data("%s: tensor %s: %s of shape %s needs %d bytes, its data_offsets [%d, %d] hold %d", file,
                        quote(slot.name()), slot.type(), slot.shape(), expected, slot.begin(), slot.end(), slot.end() - slot.begin());
            }
            return slot;
        }

        private <T> Optional<T> once(String name, String field, Optional<T> earlier, T value) {
            if (earlier.isPresent()) {
                throw LeewayException.data("%s: tensor %s has %s twice", file, quote(name), field);
            }
            return Optional.of(value);
        }

        private StoredType type(String name) {
            require(parser.currentToken() == JsonToken.VALUE_STRING, name, "a string as dtype");
            var dtype = parser.getString();
            return StoredType.named(dtype).orElseThrow(() -> LeewayException.data("%s: tensor %s has the unknown dtype %s; known are %s",
                    file, quote(name), quote(dtype), List.of(StoredType.values())));
        }

        private List<Long> integers(String name, String field) {
            require(parser.currentToken() == JsonToken.START_ARRAY, name, "a list as " + field);
            var integers = new ArrayList<Long>();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                require(parser.currentToken() == JsonToken.VALUE_NUMBER_INT, name, "integers in " + field);
                require(parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER && parser.getLongValue() >= 0, name,
                        "integers from 0 to 2^63 - 1 in " + field);
                require(integers.size() < MOST_DIMENSIONS, name, "at most " + MOST_DIMENSIONS + " numbers in " + field);
                integers.add(parser.getLongValue());
            }
            return integers;
        }

        private void require(boolean holds, String name, String expected) {
            if (!holds) {
                throw LeewayException.data("%s: entry %s of the header must have %s", file, quote(name), expected);
            }
        }
    }
}
