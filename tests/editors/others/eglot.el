;; As docs/editors.md tells it; then a file is opened, looked at, repaired and saved.
(require 'eglot)
(add-to-list 'eglot-server-programs '((python-mode python-ts-mode) . ("awaitlens" "server")))

(setq eglot-sync-connect 30
      eglot-confirm-server-edits nil)

(defun until (what holds)
  (let ((end (+ (float-time) 20)) found)
    (while (not (setq found (funcall holds)))
      (when (> (float-time) end) (error "never came: %s" what))
      (accept-process-output nil 0.05))
    found))

(defun findings ()
  (mapcar (lambda (d) (buffer-substring-no-properties (flymake-diagnostic-beg d) (flymake-diagnostic-end d)))
          (flymake-diagnostics)))

(find-file (car command-line-args-left))
(setq command-line-args-left nil)
(python-mode)
(apply #'eglot (eglot--guess-contact))
(flymake-start)
(until "the finding" (lambda () (equal (findings) '("time.sleep(0.01)"))))
(message "finding: %s" (flymake-diagnostic-text (car (flymake-diagnostics))))

(goto-char (point-min))
(search-forward "time.sleep")
(let ((told (eglot--request (eglot--current-server-or-lose) :textDocument/hover (eglot--TextDocumentPositionParams))))
  (unless (string-match-p "Never block the loop" (format "%s" told)) (error "hover: %s" told)))
(message "hover: told")

(let* ((actions (eglot-code-actions (point) (point) nil))
       (repair (seq-find (lambda (a) (string-match-p "asyncio.sleep" (plist-get a :title))) actions)))
  (unless repair (error "no repair among %s" actions))
  (eglot-execute (eglot--current-server-or-lose) repair))
(until "the repair" (lambda () (string-match-p "    await asyncio.sleep(0.01)" (buffer-string))))
(save-buffer)
(eglot--signal-textDocument/didChange)
(flymake-start)
(until "nothing found" (lambda () (null (flymake-diagnostics))))
(message "repaired and saved")
(eglot-shutdown (eglot-current-server))
