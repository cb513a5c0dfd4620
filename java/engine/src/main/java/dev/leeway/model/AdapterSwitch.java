package dev.leeway.model;

/** Whether the adapters of a model take part. Off, the model is its own frozen reference: no second copy exists. */
final class AdapterSwitch {

    private boolean on = true;

    boolean isOn() {
        return on;
    }

    void set(boolean value) {
        on = value;
    }
}
