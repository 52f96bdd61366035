;; outgoing-mail-hook
(import "waxseal:policy/facts@0.1.0" "[resource-drop]host" (func $drop_host (param i32)))
(import "waxseal:policy/facts@0.1.0" "[resource-drop]mail" (func $drop_mail (param i32)))
(func (export "waxseal:policy/outgoing-mail@0.1.0#mail") (param $host i32) (param $mail i32) (result i32)
    (call $drop_host (local.get $host))
    (call $drop_mail (local.get $mail))
    (i32.const 1024))
